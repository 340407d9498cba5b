import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Rejected } from '#domain/rejected.ts';
import { mayDo, type Principal } from '#domain/rights.ts';
import { KeysUnavailable } from '#infra/oidc/keys-unavailable.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import type { Authentication } from './deps.ts';
import { Problem } from './problem.ts';

/** All headers together have 16 KiB; no sound token comes near to half of it. */
const BEARER = /^Bearer +([\x21-\x7e]{1,8192})$/i;
/** Three parts in base64url with dots between them, which no key has. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** Opens each route for the keys of its audience, and runs it inside the key's tenant. */
export function authenticateRequests(app: FastifyInstance, authentication: Authentication) {
  app.decorateRequest('stillAllowed', async function stillAllowed(this: FastifyRequest) {
    const { audience, action } = this.routeOptions.config;
    if (audience === undefined || audience === 'public' || action === undefined) return true;
    const principal = await principalOf(this, audience, authentication);
    return principal !== undefined && mayDo(principal, action);
  });

  app.addHook('onRequest', async (request) => {
    const { audience } = request.routeOptions.config;
    if (request.is404 || audience === undefined || audience === 'public') return;
    const found = await principalOf(request, audience, authentication).catch(unlessUnavailable);
    if (found && !(found instanceof KeysUnavailable)) {
      request.principal = found;
      return;
    }
    const { isOver, headers } = await app.countFailure(request);
    if (isOver) throw new Problem('auth/too-many-failures', { headers });
    if (found) throw found;
    throw request.headers.authorization === undefined
      ? new Problem('auth/missing', { headers: { ...headers, ...challenge() } })
      : new Problem('auth/invalid', {
          headers: { ...headers, ...challenge(', error="invalid_token"') },
        });
  });

  // After the body has been read: its events come from the socket, outside of any tenant.
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.principal === undefined) done();
    else runAsTenant(request.principal.tenant, done);
  });

  // A read has no decider that would check the right; where the reach is `shared`, the query does.
  app.addHook('preHandler', async (request) => {
    const { action, audience } = request.routeOptions.config;
    const read = request.method === 'GET' || request.method === 'HEAD';
    if (!read || audience === 'public' || action === undefined) return;
    if (!mayDo(request.principal, action)) throw new Rejected('right/missing', { action });
  });
}

async function principalOf(
  { headers }: FastifyRequest,
  audience: 'tenant' | 'operator',
  { byApiKey, byToken, byOperatorKey }: Authentication,
): Promise<Principal | undefined> {
  const credential = BEARER.exec(headers.authorization ?? '')?.[1];
  if (credential === undefined) return undefined;
  // No token opens these: no tenant's identity provider speaks for the platform.
  if (audience === 'operator') return byOperatorKey(credential);
  return TOKEN.test(credential) ? await byToken(credential) : await byApiKey(credential);
}

/** Not known to be wrong, so it is no 401; it counts as a failure all the same, or it could flood. */
function unlessUnavailable(error: unknown): KeysUnavailable {
  if (error instanceof KeysUnavailable) return error;
  throw error;
}

const challenge = (error = '') => ({
  'www-authenticate': `Bearer realm="palimpsest"${error}`,
});
