import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { heldStreams } from '#commands/held-streams.ts';
import { history } from '#commands/history.ts';
import { type EventLog, LogUnavailable } from '#commands/ports.ts';
import { process, request, world } from '#test/support/command-path.ts';
import { acme } from '#test/support/sealing.ts';
import { tallyAggregate } from '#test/support/tally.ts';

test('a state is released once, also where reading the stream anew fails several times', async () => {
  const shared = world();
  const { clock, log } = shared;
  let isAway = false;
  const readStream: EventLog['readStream'] = async (...asked) => {
    if (isAway) throw new LogUnavailable('away');
    return await log.readStream(...asked);
  };
  const released: unknown[] = [];
  const aggregate = { ...tallyAggregate, release: (state: unknown) => void released.push(state) };
  const ports = { ...shared, log: { ...log, readStream }, warn: assert.fail };
  const past = history(ports, aggregate, heldStreams(ports, aggregate));
  const id = randomUUID();
  await past.newest(acme, id);
  await clock.advance(61_000);
  isAway = true;
  for (let times = 0; times < 3; times++) {
    await assert.rejects(past.newest(acme, id), LogUnavailable);
    await clock.advance(1);
  }
  isAway = false;
  await past.newest(acme, id);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(released.length, 1);
});

test('a stream whose id was just made is not read before its first command, and one that is not new after all loses nothing', async () => {
  const shared = world();
  let reads = 0;
  const readStream: EventLog['readStream'] = async (...asked) => {
    reads += 1;
    return await shared.log.readStream(...asked);
  };
  const { handle, history: past } = process({ ...shared, log: { ...shared.log, readStream } });
  const [made, taken] = [randomUUID(), randomUUID()];
  past.expectNew(acme, made);
  assert.equal((await handle(made, { type: 'Count', by: 2 }, request())).state.sum, 2);
  assert.equal(reads, 0);

  await process(shared).handle(taken, { type: 'Count', by: 5 }, request());
  past.expectNew(acme, taken);
  assert.equal((await handle(taken, { type: 'Count', by: 2 }, request())).state.sum, 7);
});
