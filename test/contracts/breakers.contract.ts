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

  it('a model that nobody called may be called', async ({ standing, ask }) => {
    assert.deepEqual(await standing(), { status: 'closed', waitMs: 0 });
    assert.equal((await ask())?.probe, undefined);
  });

  it('too few calls say nothing, then one failure in four opens it', async (breaker) => {
    await breaker.calls('ill', 'ill', 'ill');
    assert.equal((await breaker.standing()).status, 'closed');
    assert.equal(await breaker.calls('ill'), 'open');
    assert.equal(await breaker.ask(), undefined);
    assert.ok((await breaker.standing()).waitMs > 0);
  });

  it('less than one failure in four leaves it closed', async (breaker) => {
    await breaker.calls('well', 'well', 'well', 'well', 'ill', 'well', 'well', 'well', 'ill');
    assert.deepEqual(await breaker.standing(), { status: 'closed', waitMs: 0 });
  });

  it('calls that say nothing about the model are not counted', async (breaker) => {
    await breaker.calls('ill', 'unknown', 'unknown', 'unknown', 'unknown', 'ill');
    assert.equal((await breaker.standing()).status, 'closed');
  });

  it('what is longer ago than the window is forgotten', async (breaker) => {
    await breaker.calls('ill', 'ill', 'ill');
    await breaker.pass(testSettings.windowMs);
    assert.equal(await breaker.calls('ill'), 'closed');
  });

  it('one probe at a time, and enough of them in a row close it', async (breaker) => {
    await breaker.open();
    await breaker.pass(testSettings.openMs);
    const asked = await Promise.all([breaker.ask(), breaker.ask(), breaker.ask()]);
    const [probe, ...more] = asked.filter((permit) => permit !== undefined);
    assert.ok(probe && more.length === 0);
    assert.equal(await breaker.tell(probe, 'well'), 'half-open');
    assert.equal(await breaker.calls('well'), 'closed');
    assert.deepEqual(breaker.changes, ['open', 'half-open', 'closed']);
    await breaker.calls('ill', 'ill', 'ill');
    assert.equal((await breaker.standing()).status, 'closed', 'it counts afresh');
  });

  it('a probe that fails opens it again', async (breaker) => {
    await breaker.open();
    await breaker.pass(testSettings.openMs);
    assert.equal(await breaker.calls('ill'), 'open');
    assert.equal(await breaker.ask(), undefined);
    assert.deepEqual(breaker.changes, ['open', 'half-open', 'open']);
  });

  it('a permit that is given back is for the next one', async (breaker) => {
    await breaker.open();
    await breaker.pass(testSettings.openMs);
    await breaker.tell(await breaker.permit(), 'unknown');
    assert.ok(await breaker.ask());
  });

  it('a prober who died does not block for ever, and comes too late', async (breaker) => {
    await breaker.open();
    await breaker.pass(testSettings.openMs);
    const dead = await breaker.permit();
    assert.equal(await breaker.ask(), undefined);
    await breaker.pass(testSettings.probeLeaseMs);
    const next = await breaker.permit();
    assert.equal(await breaker.tell(dead, 'ill'), 'half-open');
    assert.equal(await breaker.ask(), undefined, 'the other still probes');
    assert.equal(await breaker.tell(next, 'ill'), 'open');
  });

  it('a call that began before it opened says nothing of what is now', async (breaker) => {
    const early = await breaker.permit();
    await breaker.open();
    assert.equal(await breaker.tell(early, 'well'), 'open');
    await breaker.pass(testSettings.openMs);
    const probe = await breaker.permit();
    assert.equal(await breaker.tell(early, 'ill'), 'half-open');
    assert.equal(await breaker.tell(probe, 'well'), 'half-open');
    assert.equal(await breaker.tell(probe, 'well'), 'half-open', 'a repeat changes nothing');
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
  const ask = async () => await breakers.ask(at);
  const permit = async (): Promise<BreakerPermit> => {
    const given = await ask();
    assert.ok(given, 'nobody may call');
    return given;
  };
  const tell = async (given: BreakerPermit, health: CallHealth) =>
    await breakers.tell(at, given, health);
  const calls = async (...healths: readonly CallHealth[]): Promise<BreakerStatus | undefined> => {
    let status: BreakerStatus | undefined;
    for (const health of healths) status = await tell(await permit(), health);
    return status;
  };
  return {
    breakers,
    at,
    changes,
    ask,
    permit,
    tell,
    calls,
    pass,
    standing: async () => await breakers.standing(at),
    open: async () => assert.equal(await calls('ill', 'ill', 'ill', 'ill'), 'open'),
  };
}
