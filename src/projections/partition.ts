import type { TenantId } from '#domain/ids.ts';

/** Which of `count` lanes a tenant belongs to (FNV-1a). Stored in checkpoints: must never change. */
export function partitionOf(tenant: TenantId, count: number): number {
  if (count === 1) return 0;
  let hash = 0x811c9dc5;
  for (let index = 0; index < tenant.length; index += 1) {
    hash = Math.imul(hash ^ tenant.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash % count;
}
