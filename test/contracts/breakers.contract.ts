import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { BreakerChanged, Breakers, ModelAt } from '#commands/generation/breaker-port.ts';
import {
  type BreakerPermit,
  type BreakerStatus,
  type CallHealth,
  breakerSettings,
} from '#domain/breaker/breaker.ts';
import type { ModelId, ProviderId } from '#domain/ids.ts';

/** Long enough for a server to answer within, short enough to wait for. */
export const testSettings: typeof breakerSettings = {
  ...breakerSettings,
  windowMs: 3_000,
  minCalls: 4,
  openMs: 300,
  probes: 2,
  probeLeaseMs: 600,
};

type Harness = {
  readonly breakers: Breakers;
  readonly pass: (ms: number) => Promise<void>;
};
type Start = (t: TestContext, changed: BreakerChanged) => Promise<Harness>;

let models = 0;

/** What every adapter of the breakers must do. */
export function breakersContract(name: string, start: Start): void {
  const it = (says: string, run: (at: Acting) => Promise<void>) =>
    test(`${name}: ${says}`, async (t) => await run(await acting(t, start)));

  it('a model that nobody called may be called', async ({ standing, acquire }) => {
    assert.deepEqual(await standing(), { status: 'closed', waitMs: 0 });
    assert.equal((await acquire())?.probe, undefined);
  });

  it('too few calls say nothing, then one failure in four opens it', async (breaker) => {
    await breaker.calls('failed', 'failed', 'failed');
    assert.equal((await breaker.standing()).status, 'closed');
    assert.equal(await breaker.calls('failed'), 'open');
    assert.equal(await breaker.acquire(), undefined);
    assert.ok((await breaker.standing()).waitMs > 0);
  });

  it('less than one failure in four leaves it closed', async (breaker) => {
    await breaker.calls(
      'succeeded',
      'succeeded',
      'succeeded',
      'succeeded',
      'failed',
      'succeeded',
      'succeeded',
      'succeeded',
      'failed',
    );
    assert.deepEqual(await breaker.standing(), { status: 'closed', waitMs: 0 });
  });

  it('calls that say nothing about the model are not counted', async (breaker) => {
    await breaker.calls('failed', 'unknown', 'unknown', 'unknown', 'unknown', 'failed');
    assert.equal((await breaker.standing()).status, 'closed');
  });

  it('what is longer ago than the window is forgotten', async (breaker) => {
    await breaker.calls('failed', 'failed', 'failed');
    await breaker.pass(testSettings.windowMs);
    assert.equal(await breaker.calls('failed'), 'closed');
  });

  it('one probe at a time, and enough of them in a row close it', async (breaker) => {
    await breaker.open();
    await breaker.pass(testSettings.openMs);
    const asked = await Promise.all([breaker.acquire(), breaker.acquire(), breaker.acquire()]);
    const [probe, ...more] = asked.filter((permit) => permit !== undefined);
    assert.ok(probe && more.length === 0);
    assert.equal(await breaker.record(probe, 'succeeded'), 'half-open');
    assert.equal(await breaker.calls('succeeded'), 'closed');
    assert.deepEqual(breaker.changes, ['open', 'half-open', 'closed']);
    await breaker.calls('failed', 'failed', 'failed');
    assert.equal((await breaker.standing()).status, 'closed', 'it counts afresh');
  });

  it('a probe that fails opens it again', async (breaker) => {
    await breaker.open();
    await breaker.pass(testSettings.openMs);
    assert.equal(await breaker.calls('failed'), 'open');
    assert.equal(await breaker.acquire(), undefined);
    assert.deepEqual(breaker.changes, ['open', 'half-open', 'open']);
  });

  it('a permit that is given back is for the next one', async (breaker) => {
    await breaker.open();
    await breaker.pass(testSettings.openMs);
    await breaker.record(await breaker.permit(), 'unknown');
    assert.ok(await breaker.acquire());
  });

  it('a prober who died does not block for ever, and comes too late', async (breaker) => {
    await breaker.open();
    await breaker.pass(testSettings.openMs);
    const dead = await breaker.permit();
    assert.equal(await breaker.acquire(), undefined);
    await breaker.pass(testSettings.probeLeaseMs);
    const next = await breaker.permit();
    assert.equal(await breaker.record(dead, 'failed'), 'half-open');
    assert.equal(await breaker.acquire(), undefined, 'the other still probes');
    assert.equal(await breaker.record(next, 'failed'), 'open');
  });

  it('a call that began before it opened says nothing of what is now', async (breaker) => {
    const early = await breaker.permit();
    await breaker.open();
    assert.equal(await breaker.record(early, 'succeeded'), 'open');
    await breaker.pass(testSettings.openMs);
    const probe = await breaker.permit();
    assert.equal(await breaker.record(early, 'failed'), 'half-open');
    assert.equal(await breaker.record(probe, 'succeeded'), 'half-open');
    assert.equal(await breaker.record(probe, 'succeeded'), 'half-open', 'a repeat changes nothing');
  });

  it('each provider and model has its own', async (breaker) => {
    await breaker.open();
    const { breakers, at } = breaker;
    for (const other of [
      { ...at, model: `${at.model}-other` as ModelId },
      { ...at, provider: 'other' as ProviderId },
    ]) {
      assert.deepEqual(await breakers.standing(other), { status: 'closed', waitMs: 0 });
    }
  });
}

type Acting = Awaited<ReturnType<typeof acting>>;

async function acting(t: TestContext, start: Start) {
  const changes: BreakerStatus[] = [];
  const { breakers, pass } = await start(t, (_, to) => changes.push(to));
  models += 1;
  const model = `model-${process.pid}-${models}` as ModelId;
  const at: ModelAt = { provider: 'openai' as ProviderId, model };
  const acquire = async () => await breakers.acquire(at);
  const permit = async (): Promise<BreakerPermit> => {
    const given = await acquire();
    assert.ok(given, 'nobody may call');
    return given;
  };
  const record = async (given: BreakerPermit, health: CallHealth) =>
    await breakers.record(at, given, health);
  const calls = async (...healths: readonly CallHealth[]): Promise<BreakerStatus | undefined> => {
    let status: BreakerStatus | undefined;
    for (const health of healths) status = await record(await permit(), health);
    return status;
  };
  return {
    breakers,
    at,
    changes,
    acquire,
    permit,
    record,
    calls,
    pass,
    standing: async () => await breakers.standing(at),
    open: async () => assert.equal(await calls('failed', 'failed', 'failed', 'failed'), 'open'),
  };
}
