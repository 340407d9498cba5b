import type { TestContext } from 'node:test';
import { Redis } from 'ioredis';
import type { Admission, Books } from '#commands/admission.ts';
import type { TenantId } from '#domain/ids.ts';
import { redisAdmission } from '#infra/redis/admission.ts';
import { redisConnection } from '#infra/redis/connection.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { lastFirst } from './process.ts';

type Settings = {
  readonly lockMs?: number;
  readonly patienceMs?: number;
  readonly answerWithinMs?: number;
};

/** As one process has it. */
export function admissionAt(
  t: TestContext,
  url: string,
  books: Books,
  { answerWithinMs = 5_000, ...settings }: Settings = {},
): Admission {
  const connection = { url, clock: systemClock, answerWithinMs, patienceMs: 10_000, ...settings };
  const redis = redisConnection(connection);
  lastFirst(t, async () => await redis.close());
  const ports = { redis, clock: systemClock, ids: systemIds, books };
  return redisAdmission({ ...ports, patienceMs: 30_000, ...settings });
}

/** Everything of one tenant, deleted behind our back. */
export async function forget(url: string, tenant: TenantId): Promise<void> {
  const redis = new Redis(url);
  try {
    const keys = await redis.keys(`palimpsest:{${tenant}}:*`);
    if (keys.length > 0) await redis.del(...keys);
  } finally {
    redis.disconnect();
  }
}
