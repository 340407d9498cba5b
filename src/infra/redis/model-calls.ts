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
import { ifUnavailable } from './if-unavailable.ts';
import { callsKey } from './keys.ts';
import { scripts } from './scripts.ts';

/** Calls of all processes. */
export function redisModelCalls({
  redis,
  clock,
}: {
  readonly redis: Pick<RedisConnection, 'run'>;
  readonly clock: Pick<Clock, 'now'>;
}): ModelCalls {
  const slicesNow = () => callSlicesAt(clock.now().getTime());
  const orNothing = (reply: Promise<Reply>) => ifUnavailable(reply, (): Reply => []);
  return {
    record: async (at, call) => {
      const keepMs = CALL_SLICE_MS * (CALL_SLICES + 1);
      const key = callsKey(at, slicesNow()[0]!);
      await orNothing(redis.run(scripts.callsRecord, [key], [keepMs, ...countersOf(call)]));
    },
    of: async (at) => {
      const keys = slicesNow().map((slice) => callsKey(at, slice));
      const reply = await orNothing(redis.run(scripts.callsOf, keys, []));
      const sums = new Map<string, number>();
      for (let index = 0; index < reply.length; index += 2) {
        const name = String(reply[index]);
        sums.set(name, (sums.get(name) ?? 0) + Number(reply[index + 1]));
      }
      return figuresOf((name) => sums.get(name) ?? 0);
    },
  };
}
