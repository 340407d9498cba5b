import { ApiKeyId, type CommandId, TenantId, derivedUuid } from '#domain/ids.ts';

/** An API key as a person pastes it: `plm_<tenant>_<keyId>_<secret>`, taken apart. */
export type KeyParts = {
  readonly tenant: TenantId;
  readonly keyId: ApiKeyId;
  /** 256 random bits in base64url: 43 characters. */
  readonly secret: string;
};

// Only the secret may hold `_`, and it comes last.
const shape = /^plm_([^_]+)_([^_]+)_([A-Za-z0-9_-]{43})$/;

export const keyText = ({ tenant, keyId, secret }: KeyParts): string =>
  `plm_${tenant}_${keyId}_${secret}`;

export function parseApiKey(text: string): KeyParts | undefined {
  const [, slug, id, secret] = shape.exec(text) ?? [];
  const tenant = TenantId.safeParse(slug);
  const keyId = ApiKeyId.safeParse(id);
  if (!tenant.success || !keyId.success || secret === undefined) return undefined;
  return { tenant: tenant.data, keyId: keyId.data, secret };
}

/** The id of the key that a command makes, so that a repeat of it meets the same stream. */
export const apiKeyIdOf = (commandId: CommandId): ApiKeyId =>
  derivedUuid('api-key', commandId).replaceAll('-', '').slice(0, 16) as ApiKeyId;
