import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type CryptoKey, type JWK, SignJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose';

/** An OpenID Connect issuer over HTTP on loopback, with real keys, that can be made to misbehave. */

type Signer = {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
};

export async function newSigner(alg: string, kid: string = randomUUID()): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), alg, kid } };
}

type Answering = (request: IncomingMessage, response: ServerResponse) => void;
export type Token = {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Default: the newest key of the issuer. */
  readonly signer?: Signer;
};

export type Issuer = Awaited<ReturnType<typeof startIssuer>>;

/** `path`: several issuers may live on one server, as they do at a multi-tenant provider. */
export async function startIssuer(t: TestContext, { alg = 'RS256', path = '' } = {}) {
  let signers = [await newSigner(alg)];
  let published: JWK[] = signers.map(({ jwk }) => jwk);
  const instead = new Map<string, Answering>();
  const asked: string[] = [];
  let keepsSilent = false;

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://issuer');
    asked.push(pathname);
    if (keepsSilent) return;
    const other = instead.get(pathname);
    if (other) other(request, response);
    else if (pathname === `${path}/.well-known/openid-configuration`) {
      json(response, { issuer, jwks_uri: `${origin}${path}/keys`, extra: 'is ignored' });
    } else if (pathname === `${path}/keys`) json(response, { keys: published });
    else response.writeHead(404).end();
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const close = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  t.after(close);
  const port = await listen(0);
  const origin = `http://127.0.0.1:${port}`;
  const issuer = `${origin}${path}`;

  return {
    origin,
    issuer,
    /** Paths that were asked for, in order. */
    asked,
    discovery: `${path}/.well-known/openid-configuration`,
    keys: `${path}/keys`,
    signer: () => signers[0]!,
    publish: (keys: JWK[]) => (published = keys),
    /** A new key; the old ones are published no more. */
    rotate: async (newAlg = alg) => {
      signers = [await newSigner(newAlg), ...signers];
      published = signers.slice(0, 1).map(({ jwk }) => jwk);
    },
    answer: (path: string, answering: Answering) => instead.set(path, answering),
    answersAsBefore: () => instead.clear(),
    keepSilent: (silent: boolean) => (keepsSilent = silent),
    goDown: close,
    comeBack: () => listen(port),

    /** An access token; its claims and header can be made wrong one by one. */
    token: async ({ claims = {}, header = {}, signer = signers[0] }: Token = {}) => {
      if (!signer) throw new Error('no key');
      const now = Math.floor(Date.now() / 1_000);
      const payload = { iss: issuer, iat: now, exp: now + 300, ...claims };
      return await new SignJWT(payload)
        .setProtectedHeader({ alg: signer.alg, kid: signer.kid, typ: 'at+jwt', ...header })
        .sign(signer.privateKey);
    },
  };
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token put together by hand, as no library would. */
export function forged(header: object, payload: object, sign?: (input: string) => string): string {
  const input = `${encoded(header)}.${encoded(payload)}`;
  return `${input}.${sign?.(input) ?? ''}`;
}

/** Signed with HMAC, with the public key as the shared secret: what algorithm confusion tries. */
export async function hmacOfPublicKey({ publicKey }: Signer): Promise<(input: string) => string> {
  const secret = await exportSPKI(publicKey);
  return (input) => createHmac('sha256', secret).update(input).digest('base64url');
}
