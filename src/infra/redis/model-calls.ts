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

/** Figures for people may be so old, which saves a message for each call of a busy model. */
const TOGETHER_MS = 250;
const KEEP_MS = CALL_SLICE_MS * (CALL_SLICES + 1);

/** Calls of all processes; those of this one are sent together. */
export function redisModelCalls({
  redis,
  clock,
  warn,
}: {
  readonly redis: Pick<RedisConnection, 'run'>;
  readonly clock: Clock;
  readonly warn: (message: string, error: unknown) => void;
}): ModelCalls {
  /** By the key of a model and slice, then by counter. */
  const unsent = new Map<string, Map<string, number>>();
  const slicesNow = () => callSlicesAt(clock.now().getTime());
  const orNothing = (reply: Promise<Reply>) => ifUnavailable(reply, (): Reply => []);

  const send = async (): Promise<void> => {
    const sending = [...unsent];
    unsent.clear();
    for (const [key, counters] of sending) {
      await orNothing(redis.run(scripts.callsRecord, [key], [KEEP_MS, ...[...counters].flat()]));
    }
  };

  const sendSoon = async (): Promise<void> => {
    await clock.sleep(TOGETHER_MS);
    await send().catch((error: unknown) => warn('calls of models were not counted', error));
  };

  return {
    record: (at, call) => {
      const isFirst = unsent.size === 0;
      const key = callsKey(at, slicesNow()[0]!);
      const counters = unsent.get(key) ?? new Map<string, number>();
      for (const name of countersOf(call)) counters.set(name, (counters.get(name) ?? 0) + 1);
      unsent.set(key, counters);
      if (isFirst) void sendSoon();
    },
    of: async (at) => {
      await send();
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
