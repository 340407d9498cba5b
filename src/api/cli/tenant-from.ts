import { InvalidArgumentError } from 'commander';
import { TenantId } from '#domain/ids.ts';

/** Reads a tenant's id from the command line. */
export function tenantFrom(text: string): TenantId {
  const parsed = TenantId.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('A tenant is a slug of 3 to 40 characters: a-z, 0-9 and inner -.');
}
