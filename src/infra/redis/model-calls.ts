import { AdmissionUnavailable } from '#commands/admission.ts';
import type { ModelCalls } from '#commands/generation/model-calls.ts';
import type { Clock } from '#commands/ports.ts';
import {
  CALL_SLICES,
  CALL_SLICE_MS,
  callSlicesAt,
  countersOf,
  figuresOf,
} from '#domain/breaker/call-figures.ts';
import type { RedisConnection, Reply } from './connection.ts';
import { callsKey } from './keys.ts';
import { type Script, scripts } from './scripts.ts';

/** Calls of all processes. */
export function redisModelCalls({
  redis,
  clock,
}: {
  readonly redis: Pick<RedisConnection, 'run'>;
  readonly clock: Pick<Clock, 'now'>;
}): ModelCalls {
  const slicesNow = () => callSlicesAt(clock.now().getTime());
  const step = async (
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<Reply> => {
    try {
      return await redis.run(script, keys, args);
    } catch (error) {
      if (error instanceof AdmissionUnavailable) return [];
      throw error;
    }
  };
  return {
    tell: async (at, call) => {
      const keepMs = CALL_SLICE_MS * (CALL_SLICES + 1);
      await step(scripts.callsTell, [callsKey(at, slicesNow()[0]!)], [keepMs, ...countersOf(call)]);
    },
    of: async (at) => {
      const keys = slicesNow().map((slice) => callsKey(at, slice));
      const reply = await step(scripts.callsOf, keys, []);
      const sums = new Map<string, number>();
      for (let index = 0; index < reply.length; index += 2) {
        const name = String(reply[index]);
        sums.set(name, (sums.get(name) ?? 0) + Number(reply[index + 1]));
      }
      return figuresOf((name) => sums.get(name) ?? 0);
    },
  };
}
