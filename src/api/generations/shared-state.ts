import type { Registry } from 'prom-client';
import type { Admission, Books } from '#commands/admission.ts';
import type { AnswerStore } from '#commands/generation/answer-cache.ts';
import type { Breakers } from '#commands/generation/breaker-port.ts';
import type { PartStore } from '#commands/generation/part-port.ts';
import type { ModelCalls } from '#commands/generation/model-calls.ts';
import type { Clock, Ids } from '#commands/ports.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import { memoryAdmission } from '#infra/memory/admission/admission.ts';
import { memoryAnswerStore } from '#infra/memory/answer-store.ts';
import { memoryBreakers } from '#infra/memory/breakers.ts';
import { memoryModelCalls } from '#infra/memory/model-calls.ts';
import { redisAdmission } from '#infra/redis/admission.ts';
import { redisAnswerStore } from '#infra/redis/answer-store.ts';
import { redisBreakers } from '#infra/redis/breakers.ts';
import { type CallOffs, redisCallOffs } from '#infra/redis/call-offs.ts';
import { redisConnection } from '#infra/redis/connection.ts';
import { redisModelCalls } from '#infra/redis/model-calls.ts';
import { redisPartStore } from '#infra/redis/part-store.ts';
import { meteredAdmission } from './admission-metrics.ts';
import { breakerChanges } from './breaker-metrics.ts';

/** What generations of all processes count and keep, in Redis where there is one; else of this process alone. */
export function openSharedState(ports: {
  readonly redisUrl: string | undefined;
  readonly books: Books;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly metrics: Registry;
  readonly warn: (message: string, error?: unknown) => void;
}): {
  readonly admission: Admission;
  readonly breakers: Breakers;
  readonly calls: ModelCalls;
  readonly answerStore: AnswerStore;
  /** Where other processes can read it. */
  readonly partStore: PartStore | undefined;
  /** To and from other processes, where they can be reached. */
  readonly callOffs: ((heard: (id: GenerationId) => void) => CallOffs) | undefined;
  /** What does not answer now. */
  readonly degraded: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
} {
  const { redisUrl, metrics, clock, warn } = ports;
  const changed = breakerChanges(metrics);
  if (redisUrl === undefined) {
    return {
      admission: meteredAdmission(memoryAdmission(ports), metrics),
      breakers: memoryBreakers({ clock, changed }),
      calls: memoryModelCalls({ clock }),
      answerStore: memoryAnswerStore({ clock }),
      partStore: undefined,
      callOffs: undefined,
      degraded: async () => [],
      close: async () => {},
    };
  }
  const redis = redisConnection({ url: redisUrl, clock, report: warn });
  return {
    admission: meteredAdmission(redisAdmission({ ...ports, redis }), metrics),
    breakers: redisBreakers({ redis, clock, changed }),
    calls: redisModelCalls({ redis, clock, warn }),
    answerStore: redisAnswerStore({ redis }),
    partStore: redisPartStore({ redis }),
    callOffs: (heard) => redisCallOffs(redis, { url: redisUrl, heard, report: warn }),
    degraded: async () => ((await redis.isThere()) ? [] : ['redis']),
    close: async () => await redis.close(),
  };
}
