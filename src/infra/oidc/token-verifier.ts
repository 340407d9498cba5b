import { type JWTVerifyGetKey, type JWTVerifyOptions, decodeJwt, errors, jwtVerify } from 'jose';
import type { Clock } from '#commands/ports.ts';
import type { Claims } from '#domain/identity-provider/claims.ts';
import type { IssuerKeys, KnownIssuer } from './issuer-keys.ts';
import { KeysUnavailable } from './keys-unavailable.ts';

/** Fixed, and asymmetric only: with HS256 in it, a public key would be a password that signs. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].concat(
  ['ES256', 'ES384', 'ES512'],
  ['EdDSA', 'Ed25519'],
);
/** Clocks differ; a token is not used for longer than that after its end. */
const TOLERANCE_SECONDS = 30;
/** RFC 9068, what issuers that do not know it send, and nothing that was signed for another purpose. */
const TYPES = new Set([undefined, 'jwt', 'at+jwt', 'application/at+jwt']);
/** Only ID tokens have these: they say who signed in, to an application, and open no API. */
const OF_ID_TOKENS = ['nonce', 'at_hash', 'c_hash'];

export type TokenRefusal =
  | 'malformed'
  | 'type'
  | 'algorithm'
  | 'key'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'not-yet-valid'
  | 'claims';

export type Verified = { readonly claims: Claims } | { readonly refused: TokenRefusal };

export type TokenVerifier = (
  token: string,
  expected: KnownIssuer & { readonly audience: string },
) => Promise<Verified>;

/** What a token says, before anything of it is known to be true. */
export function unverifiedClaims(token: string): Claims | undefined {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}

/**
 * Checks an access token against the issuer's published keys, and nothing that it brings itself
 * (`jwk`, `jku`, `x5u`). Throws `KeysUnavailable` where that cannot be said now.
 */
export function tokenVerifier(keys: IssuerKeys, clock: Pick<Clock, 'now'>): TokenVerifier {
  return async (token, expected) => {
    const options = (): JWTVerifyOptions => ({
      issuer: expected.issuer,
      audience: expected.audience,
      algorithms: ALGORITHMS,
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: clock.now(),
      requiredClaims: ['exp', 'sub'],
    });
    const find: JWTVerifyGetKey = async (header, jws) => {
      const known = await keys.known(expected);
      try {
        return await known(header, jws);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
        const newer = await keys.newer(expected);
        if (!newer) throw error;
        return await newer(header, jws);
      }
    };
    try {
      const { payload, protectedHeader } = await jwtVerify(token, find, options());
      const isAccessToken =
        TYPES.has(protectedHeader.typ?.toLowerCase()) &&
        OF_ID_TOKENS.every((claim) => !(claim in payload));
      return isAccessToken ? { claims: payload } : { refused: 'type' };
    } catch (error) {
      if (error instanceof KeysUnavailable) throw error;
      return { refused: refusalOf(error) };
    }
  };
}

const byClaim: Readonly<Record<string, TokenRefusal>> = {
  iss: 'issuer',
  aud: 'audience',
  nbf: 'not-yet-valid',
};

/** The last one: it insists on an extension that nobody here knows. */
const MALFORMED = [errors.JWSInvalid, errors.JWTInvalid, errors.JOSENotSupported];

function refusalOf(error: unknown): TokenRefusal {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return byClaim[error.claim] ?? 'claims';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algorithm';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (MALFORMED.some((kind) => error instanceof kind)) return 'malformed';
  // Not there, not to be told from another, too short, or no key at all: it is what the issuer publishes.
  return 'key';
}
