import type { Admission, Confirm, ReadLedger, Reservation, Reserve } from '#commands/admission.ts';
import type { Clock, Ids } from '#commands/ports.ts';
import {
  type Claim,
  type LimitName,
  assertClaims,
  assertCountable,
  budgetNames,
  limitNames,
} from '#domain/budget/limits.ts';
import { answerOf, endOf, endOrNot, heldOrNot } from './answers.ts';
import type { RedisConnection } from './connection.ts';
import { epochs } from './epochs.ts';
import { epochKey, holdKeys, paceKeys } from './keys.ts';
import { readings } from './readings.ts';
import { rebuilding } from './rebuild.ts';
import { type Script, scripts } from './scripts.ts';

type Ports = {
  readonly redis: RedisConnection;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly readLedger: ReadLedger;
  readonly lockMs?: number;
  readonly patienceMs?: number;
};

/** Counters in Redis, for any number of processes. Time is Redis's own, so that they agree on it. */
export function redisAdmission(ports: Ports): Admission {
  const { redis, readLedger } = ports;
  const epoch = epochs(rebuilding(ports));

  const step = async (
    script: Script,
    reservation: Reservation,
    args: readonly (string | number)[],
    moreKeys: (epoch: string) => readonly string[] = () => [],
  ) => {
    const { reply } = await epoch.within(
      reservation.tenant,
      async (epoch) =>
        await redis.run(
          script,
          [...holdKeys(reservation, epoch), ...moreKeys(epoch)],
          [epoch, reservation.id, ...args],
        ),
    );
    return reply;
  };

  const inBudgets = async (script: Script, request: Confirm, attempt: number | '') => {
    const limits = figuresOf(checked(request).claims, budgetNames);
    const args = [...askedOf(request), attempt, ...windowsOf(request), ...limits];
    return answerOf(await step(script, placeOf(request), args), request);
  };

  return {
    reserve: async (request) => {
      const { tenant, claims, leaseMs } = checked(request);
      const scopes = claims.map(({ scope }) => scope);
      const limits = figuresOf(claims, limitNames);
      const args = [...askedOf(request), leaseMs, ...windowsOf(request), ...limits];
      const pace = (epoch: string) => paceKeys(tenant, epoch, scopes);
      const answer = answerOf(await step(scripts.reserve, placeOf(request), args, pace), request);
      return answer as Exclude<typeof answer, { status: 'unknown' }>;
    },
    confirm: async (request) => await inBudgets(scripts.confirm, request, ''),
    topUp: async (request) => await inBudgets(scripts.topUp, request, request.attempt),
    renew: async ({ reservation, holder, leaseMs }) =>
      heldOrNot(await step(scripts.renew, reservation, [holder, leaseMs]), reservation),
    settle: async (reservation, actual) => {
      assertCountable(actual);
      const { tokens, costNanoUsd } = actual;
      const { day, month } = reservation.windows;
      const args = ['settled', tokens, costNanoUsd, day, month];
      return endOrNot(await step(scripts.end, reservation, args), reservation);
    },
    release: async (reservation) => {
      const { day, month } = reservation.windows;
      const args = ['released', 0, 0, day, month];
      return endOf(await step(scripts.end, reservation, args), reservation);
    },
    rebuild: async (tenant) => {
      const ask = async (epoch: string) =>
        await redis.run(scripts.read, [epochKey(tenant)], [epoch]);
      await epoch.replace(tenant, (await epoch.within(tenant, ask)).epoch);
    },
    ...readings(redis, epoch, readLedger),
  };
}

function checked<Request extends Pick<Reserve, 'amount' | 'claims'>>(request: Request): Request {
  assertCountable(request.amount);
  assertClaims(request.claims);
  return request;
}

const placeOf = ({ tenant, id, windows: { day, month } }: Confirm): Reservation => ({
  tenant,
  id,
  windows: { day: day.id, month: month.id },
});

const askedOf = ({ holder, amount }: Confirm) => [holder, amount.tokens, amount.costNanoUsd];

const windowsOf = ({ windows: { day, month } }: Confirm) => [
  day.id,
  month.id,
  day.endsAt,
  month.endsAt,
];

/** Each scope and its limits in this order; '' is none. */
const figuresOf = (claims: readonly Claim[], names: readonly LimitName[]) =>
  claims.flatMap(({ scope, limits }) => [scope, names.map((name) => limits[name] ?? '')].flat());
