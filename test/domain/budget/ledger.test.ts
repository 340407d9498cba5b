import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReservationId } from '#domain/budget/ids.ts';
import { type LedgerEntry, type LoggedHold, ledgerFold, totalsIn } from '#domain/budget/ledger.ts';
import { derivedUuid } from '#domain/ids.ts';

const idOf = (name: string) => derivedUuid('reservation', name) as ReservationId;
const amount = (tokens: number) => ({ tokens, costNanoUsd: 10 * tokens });

const hold = (name: string, tokens: number): LoggedHold => ({
  id: idOf(name),
  holder: 'one',
  windows: { day: '2026-11-25', month: '2026-11' },
  scopes: ['tenant', 'key:k'],
  amount: amount(tokens),
  attempts: [],
  leaseMs: 1_000,
});
const began = (epoch: string, after: string): LedgerEntry => ({
  type: 'epoch-began',
  epoch,
  after,
});
const reserved = (name: string, tokens: number, epoch: string): LedgerEntry => ({
  type: 'reserved',
  hold: hold(name, tokens),
  epoch,
});
const toppedUp = (name: string, attempt: number, tokens: number, epoch: string): LedgerEntry => ({
  type: 'topped-up',
  id: idOf(name),
  attempt,
  amount: amount(tokens),
  epoch,
});
const settled = (name: string, tokens: number): LedgerEntry => ({
  type: 'ended',
  id: idOf(name),
  end: { status: 'settled', amount: amount(tokens) },
});
const abandoned = (name: string): LedgerEntry => ({ type: 'abandoned', id: idOf(name) });

/** Entries of a log; what is open, what was debited on the day, and what is remembered as ended. */
function told(...entries: readonly LedgerEntry[]) {
  const fold = ledgerFold();
  for (const entry of entries) fold.enter(entry);
  const { open, settled, ended } = fold.ledger();
  return {
    open: open.map((one) => [one.id, one.amount.tokens]),
    debited: settled
      .filter(({ window }) => window === '2026-11-25')
      .map((one) => one.amount.tokens),
    ended: ended.map(({ id, status }) => [id, status]),
  };
}

test('a reservation is held until it ends, with the top-ups that count', () => {
  const start = [began('e1', ''), reserved('a', 10, 'e1'), toppedUp('a', 2, 5, 'e1')];
  assert.deepEqual(told(...start), { open: [[idOf('a'), 15]], debited: [], ended: [] });
  assert.deepEqual(told(...start, settled('a', 12), settled('a', 99)), {
    open: [],
    debited: [12, 12],
    ended: [[idOf('a'), 'settled']],
  });
});

test('what was logged after its epoch does not count, until it is logged anew', () => {
  const late = [began('e1', ''), began('e2', 'e1'), reserved('a', 10, 'e1')];
  assert.deepEqual(told(...late).open, []);
  assert.deepEqual(told(...late, reserved('a', 10, 'e2')).open, [[idOf('a'), 10]]);
  const early = [began('e1', ''), reserved('a', 10, 'e1'), began('e2', 'e1')];
  assert.deepEqual(told(...early, toppedUp('a', 2, 5, 'e1')).open, [[idOf('a'), 10]]);
  const again = [toppedUp('a', 2, 5, 'e2'), toppedUp('a', 2, 5, 'e2')];
  assert.deepEqual(told(...early, toppedUp('a', 2, 5, 'e1'), ...again).open, [[idOf('a'), 15]]);
});

test('of two epochs that begin after the same one, the first in the log is it', () => {
  const both = [began('e1', ''), began('e2', 'e1'), began('slept', 'e1')];
  assert.deepEqual(told(...both, reserved('a', 10, 'e2')).open, [[idOf('a'), 10]]);
  assert.deepEqual(told(...both, reserved('a', 10, 'slept')).open, []);
});

test('only what cannot have been confirmed is abandoned, and stays so', () => {
  const released = [[idOf('a'), 'released']];
  assert.deepEqual(told(abandoned('a'), reserved('a', 10, '')), {
    open: [],
    debited: [],
    ended: released,
  });
  const late = [began('e1', ''), reserved('a', 10, '')];
  assert.deepEqual(told(...late, abandoned('a'), reserved('a', 10, 'e1')).ended, released);
  assert.deepEqual(told(...late, reserved('a', 10, 'e1'), abandoned('a')).ended, []);
});

test('a window holds what was settled and what is held, by scope', () => {
  const fold = ledgerFold();
  for (const entry of [reserved('a', 10, ''), reserved('b', 20, ''), settled('a', 7)]) {
    fold.enter(entry);
  }
  const total = { tokens: 27, costNanoUsd: 270 };
  assert.deepEqual(
    [...totalsIn('2026-11', fold.ledger())],
    [
      ['tenant', total],
      ['key:k', total],
    ],
  );
  assert.deepEqual([...totalsIn('2026-12', fold.ledger())], []);
});

test('a correction changes what was settled, in the windows of its reservation, as often as it is made', () => {
  const adjusted = (was: number, is: number): LedgerEntry => ({
    type: 'adjusted',
    id: idOf('a'),
    was: amount(was),
    amount: amount(is),
  });
  const start = [began('e1', ''), reserved('a', 20, 'e1'), settled('a', 12)];
  const corrected = [...start, adjusted(5, 0), adjusted(0, 3)];
  assert.deepEqual(
    told(...corrected).debited,
    told(...start).debited.map((was) => was - 2),
  );
});
