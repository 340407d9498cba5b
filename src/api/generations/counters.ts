import type { Registry } from 'prom-client';
import { meteredAdmission } from '#api/admission-metrics.ts';
import type { Admission, Books } from '#commands/admission.ts';
import type { Clock, Ids } from '#commands/ports.ts';
import { memoryAdmission } from '#infra/memory/admission/admission.ts';
import { redisAdmission } from '#infra/redis/admission.ts';
import { redisConnection } from '#infra/redis/connection.ts';

/** The counters of all processes in Redis, where there is one; else those of this one process. */
export function openCounters(ports: {
  readonly redisUrl: string | undefined;
  readonly books: Books;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly metrics: Registry;
  readonly warn: (message: string) => void;
}): { readonly admission: Admission; readonly close: () => Promise<void> } {
  const { redisUrl, metrics, clock, warn } = ports;
  if (redisUrl === undefined) {
    return { admission: meteredAdmission(memoryAdmission(ports), metrics), close: async () => {} };
  }
  const redis = redisConnection({ url: redisUrl, clock, report: warn });
  return {
    admission: meteredAdmission(redisAdmission({ ...ports, redis }), metrics),
    close: async () => await redis.close(),
  };
}
