import type { BreakerChanged, Breakers, ModelAt } from '#commands/generation/breaker-port.ts';
import type { Clock } from '#commands/ports.ts';
import { type BreakerStatus, breakerSettings } from '#domain/breaker/breaker.ts';
import type { RedisConnection, Reply } from './connection.ts';
import { ifUnavailable } from './if-unavailable.ts';
import { breakerKey } from './keys.ts';
import { type Script, scripts } from './scripts.ts';

/**
 * So long a model that may be called is not asked about again: whoever then calls it asks for a
 * permit, and each record and refusal tells how it stands.
 */
const FRESH_MS = 100;

/** Breakers that all processes share. Each is one key, and its time is Redis's own. */
export function redisBreakers({
  redis,
  clock,
  changed = () => undefined,
  settings = breakerSettings,
}: {
  readonly redis: Pick<RedisConnection, 'run'>;
  readonly clock: Pick<Clock, 'now'>;
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
  const closedAt = new Map<string, number>();
  const remember = (at: ModelAt, status: BreakerStatus): BreakerStatus => {
    if (status === 'closed') closedAt.set(breakerKey(at), clock.now().getTime());
    else closedAt.delete(breakerKey(at));
    return status;
  };
  const isFresh = (at: ModelAt) =>
    clock.now().getTime() - (closedAt.get(breakerKey(at)) ?? -Infinity) < FRESH_MS;
  return {
    standing: async (at) => {
      if (isFresh(at)) return { status: 'closed', waitMs: 0 };
      const reply = await step(scripts.breakerStanding, at, []);
      if (reply === undefined) return { status: 'closed', waitMs: 0 };
      return { status: remember(at, statusIn(reply[0])), waitMs: Number(reply[1]) };
    },
    acquire: async (at) => {
      const reply = await step(scripts.breakerAcquire, at, [probeLeaseMs]);
      if (reply === undefined) return unasked;
      tellOf(at, reply, 3);
      const [answer, turn, probe] = reply;
      if (answer !== 'yes') {
        closedAt.delete(breakerKey(at));
        return undefined;
      }
      return { turn: Number(turn), probe: probe === '' ? undefined : Number(probe) };
    },
    record: async (at, { turn, probe }, health) => {
      const figures = [windowMs, slices, minCalls, failurePercent, openMs, probes];
      const reply = await step(scripts.breakerRecord, at, [turn, probe ?? '', health, ...figures]);
      tellOf(at, reply, 1);
      return reply === undefined ? 'closed' : remember(at, statusIn(reply[0]));
    },
  };
}

/** Of no turn that a breaker can have. */
const unasked = { turn: -1, probe: undefined };

const statusIn = (of: Reply[number] | undefined): BreakerStatus => of as BreakerStatus;
