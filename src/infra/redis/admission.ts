import type { Admission, Reservation, Reserve } from '#commands/admission.ts';
import type { Epoch } from '#domain/budget/ledger.ts';
import {
  type Claim,
  type LimitName,
  assertClaims,
  assertCountable,
  budgetNames,
  limitNames,
} from '#domain/budget/limits.ts';
import { answerOf, endOf, endOrNot, heldOrNot, reserved } from './answers.ts';
import { epochs } from './epochs.ts';
import { epochKey, holdKeys, paceKeys } from './keys.ts';
import { readings } from './readings.ts';
import { type RebuildPorts, rebuilding } from './rebuild.ts';
import { type Script, scripts } from './scripts.ts';

/** Counters in Redis, for any number of processes. Time is Redis's own, so that they agree on it. */
export function redisAdmission(ports: RebuildPorts): Admission {
  const { redis, books } = ports;
  const epoch = epochs(rebuilding(ports), books);

  const step = async (
    script: Script,
    reservation: Reservation,
    args: readonly (string | number)[],
    moreKeys: (epoch: Epoch) => readonly string[] = () => [],
  ) => {
    const place = async (epoch: Epoch) =>
      await redis.run(
        script,
        [...holdKeys(reservation, epoch), ...moreKeys(epoch)],
        [epoch, reservation.id, ...args],
      );
    return { ...(await epoch.within(reservation.tenant, place)), reservation };
  };

  return {
    reserve: async (request) => {
      const { tenant, claims, leaseMs } = checked(request);
      const scopes = claims.map(({ scope }) => scope);
      const limits = figuresOf(claims, limitNames);
      const args = [...askedOf(request), leaseMs, ...windowsOf(request), ...limits];
      const pace = (epoch: Epoch) => paceKeys(tenant, epoch, scopes);
      return reserved(await step(scripts.reserve, placeOf(request), args, pace));
    },
    topUp: async (request) => {
      const limits = figuresOf(checked(request).claims, budgetNames);
      const args = [...askedOf(request), request.attempt, ...windowsOf(request), ...limits];
      return answerOf(await step(scripts.topUp, placeOf(request), args));
    },
    confirm: async ({ reservation, holder, amount }) => {
      assertCountable(amount);
      const args = [holder, amount.tokens, amount.costNanoUsd];
      return heldOrNot(await step(scripts.confirm, reservation, args));
    },
    renew: async ({ reservation, holder, leaseMs }) =>
      heldOrNot(await step(scripts.renew, reservation, [holder, leaseMs])),
    settle: async (reservation, actual) => {
      assertCountable(actual);
      const { tokens, costNanoUsd } = actual;
      const { day, month } = reservation.windows;
      const args = ['settled', tokens, costNanoUsd, day, month];
      return endOrNot(await step(scripts.end, reservation, args));
    },
    release: async (reservation) => {
      const { day, month } = reservation.windows;
      const args = ['released', 0, 0, day, month];
      return endOf(await step(scripts.end, reservation, args));
    },
    rebuild: async (tenant) => {
      const ask = async (epoch: Epoch) =>
        await redis.run(scripts.read, [epochKey(tenant)], [epoch]);
      await epoch.replace(tenant, (await epoch.within(tenant, ask)).epoch);
    },
    ...readings(redis, epoch, books),
  };
}

function checked<Request extends Pick<Reserve, 'amount' | 'claims'>>(request: Request): Request {
  assertCountable(request.amount);
  assertClaims(request.claims);
  return request;
}

type Asked = Omit<Reserve, 'leaseMs'>;

const placeOf = ({ tenant, id, windows: { day, month } }: Asked): Reservation => ({
  tenant,
  id,
  windows: { day: day.id, month: month.id },
});

const askedOf = ({ holder, amount }: Asked) => [holder, amount.tokens, amount.costNanoUsd];

const windowsOf = ({ windows: { day, month } }: Asked) => [
  day.id,
  month.id,
  day.endsAt,
  month.endsAt,
];

/** Each scope and its limits in this order; '' is none. */
const figuresOf = (claims: readonly Claim[], names: readonly LimitName[]) =>
  claims.flatMap(({ scope, limits }) => [scope, names.map((name) => limits[name] ?? '')].flat());
