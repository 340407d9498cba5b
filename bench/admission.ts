import { randomUUID } from 'node:crypto';
import type { Admission, Reserve } from '../src/commands/admission.ts';
import type { ReservationId } from '../src/domain/budget/ids.ts';
import type { Ledger } from '../src/domain/budget/ledger.ts';
import type { Claim } from '../src/domain/budget/limits.ts';
import { windowsAt } from '../src/domain/budget/windows.ts';
import type { TenantId } from '../src/domain/ids.ts';
import { memoryAdmission } from '../src/infra/memory/admission/admission.ts';
import { redisAdmission } from '../src/infra/redis/admission.ts';
import { redisConnection } from '../src/infra/redis/connection.ts';
import { systemClock } from '../src/infra/system/clock.ts';
import { systemIds } from '../src/infra/system/ids.ts';
import { redisToUse } from './redis.ts';
import { machine } from './report.ts';

// node bench/admission.ts [CALLS]: what admission adds to a generation, with every limit of four
// scopes set. Redis is REDIS_URL, else a redis-server of its own.

const CALLS = Number(process.argv[2] ?? 5_000);
const WARM_UP = 500;
const AT_ONCE = [1, 50];

const nothing: Ledger = { settled: [], open: [], ended: [] };
const books = {
  isNewest: () => Promise.resolve(true),
  read: async () => nothing,
  beginEpoch: async () => async () => nothing,
};
const limits = {
  requestsPerMinute: 1e9,
  tokensPerMinute: 1e11,
  concurrentGenerations: 1e6,
  tokensPerDay: 1e12,
  tokensPerMonth: 1e13,
  costPerDayNanoUsd: 1e14,
  costPerMonthNanoUsd: 1e15,
};
const claims: readonly Claim[] = (['tenant', 'member:ada', 'key:k', 'label:summer'] as const).map(
  (scope) => ({ scope, limits }),
);

const steps = ['reserve', 'confirm', 'settle', 'all three'] as const;
type Times = Record<(typeof steps)[number], number[]>;

async function generation(admission: Admission, tenant: TenantId, times: Times): Promise<void> {
  const began = performance.now();
  const windows = windowsAt(systemClock.now(), { timeZone: 'Europe/Berlin' });
  const request: Reserve = {
    tenant,
    id: randomUUID() as ReservationId,
    holder: 'bench',
    windows,
    amount: { tokens: 1_200, costNanoUsd: 3_400_000 },
    claims,
    leaseMs: 60_000,
  };
  const held = await admission.reserve(request);
  if (held.status !== 'held') throw new Error(JSON.stringify(held));
  const reserved = performance.now();
  const { id, holder, amount } = request;
  const reservation = { tenant, id, windows: { day: windows.day.id, month: windows.month.id } };
  await admission.confirm({ reservation, holder, amount });
  const confirmed = performance.now();
  await admission.settle(reservation, { tokens: 900, costNanoUsd: 2_100_000 });
  const settled = performance.now();
  times.reserve.push(reserved - began);
  times.confirm.push(confirmed - reserved);
  times.settle.push(settled - confirmed);
  times['all three'].push(settled - began);
}

async function measure(name: string, admission: Admission, atOnce: number): Promise<void> {
  const tenant = `bench-${randomUUID().slice(0, 8)}` as TenantId;
  const times = (): Times => ({ reserve: [], confirm: [], settle: [], 'all three': [] });
  const run = async (calls: number, into: Times) => {
    let left = calls;
    const worker = async () => {
      while (left-- > 0) await generation(admission, tenant, into);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  };
  await run(WARM_UP, times());
  const measured = times();
  const began = performance.now();
  await run(CALLS, measured);
  const perSecond = Math.round((CALLS / (performance.now() - began)) * 1_000);
  for (const step of steps) {
    const sorted = measured[step].toSorted((a, b) => a - b);
    const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(3);
    const line = [`${name}, ${atOnce} at once`.padEnd(26), step.padEnd(10)];
    console.log(...line, `p50 ${at(0.5)} ms  p99 ${at(0.99)} ms`);
  }
  console.log(`${' '.repeat(26)} ${perSecond} generations/s`);
}

console.log(`${machine()}; ${CALLS} generations, four scopes with seven limits each`);
const { url, stop } = await redisToUse();
const redis = redisConnection({ url, clock: systemClock });
try {
  const ports = { clock: systemClock, ids: systemIds, books };
  for (const atOnce of AT_ONCE) {
    await measure('in process', memoryAdmission(ports), atOnce);
    await measure('Redis', redisAdmission({ ...ports, redis }), atOnce);
  }
} finally {
  await redis.close();
  stop();
}
