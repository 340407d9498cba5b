import type { BreakerChanged, Breakers, ModelAt } from '#commands/generation/breaker-port.ts';
import { type BreakerStatus, breakerSettings } from '#domain/breaker/breaker.ts';
import type { RedisConnection, Reply } from './connection.ts';
import { ifUnavailable } from './if-unavailable.ts';
import { breakerKey } from './keys.ts';
import { type Script, scripts } from './scripts.ts';

/** Breakers that all processes share. Each is one key, and its time is Redis's own. */
export function redisBreakers({
  redis,
  changed = () => undefined,
  settings = breakerSettings,
}: {
  readonly redis: Pick<RedisConnection, 'run'>;
  readonly changed?: BreakerChanged;
  readonly settings?: typeof breakerSettings;
}): Breakers {
  const { windowMs, slices, minCalls, failurePercent, openMs, probes, probeLeaseMs } = settings;
  const step = (script: Script, at: ModelAt, args: readonly (string | number)[]) =>
    ifUnavailable(redis.run(script, [breakerKey(at)], args), () => undefined);
  const tellOf = (at: ModelAt, reply: Reply | undefined, place: number) => {
    const became = reply?.[place];
    if (became) changed(at, statusIn(became));
  };
  return {
    standing: async (at) => {
      const reply = await step(scripts.breakerStanding, at, []);
      if (reply === undefined) return { status: 'closed', waitMs: 0 };
      return { status: statusIn(reply[0]), waitMs: Number(reply[1]) };
    },
    acquire: async (at) => {
      const reply = await step(scripts.breakerAcquire, at, [probeLeaseMs]);
      if (reply === undefined) return unasked;
      tellOf(at, reply, 3);
      const [answer, turn, probe] = reply;
      if (answer !== 'yes') return undefined;
      return { turn: Number(turn), probe: probe === '' ? undefined : Number(probe) };
    },
    record: async (at, { turn, probe }, health) => {
      const figures = [windowMs, slices, minCalls, failurePercent, openMs, probes];
      const reply = await step(scripts.breakerRecord, at, [turn, probe ?? '', health, ...figures]);
      tellOf(at, reply, 1);
      return reply === undefined ? 'closed' : statusIn(reply[0]);
    },
  };
}

/** Of no turn that a breaker can have. */
const unasked = { turn: -1, probe: undefined };

const statusIn = (of: Reply[number] | undefined): BreakerStatus => of as BreakerStatus;
