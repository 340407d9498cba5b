import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { HandledCommands } from '#commands/handled-commands.ts';
import type { CommandId } from '#domain/ids.ts';

const HOUR = 3_600_000;
const newId = () => randomUUID() as CommandId;
const hashOf = (text: string) => createHash('sha256').update(text).digest();

test('what was handled is found again after it was stored, with and without a hash', () => {
  const commands = new HandledCommands();
  const [one, other] = [newId(), newId()];
  commands.add(one, { revision: 0, hash: hashOf('one'), at: HOUR });
  commands.add(other, { revision: 2 ** 40, hash: undefined, at: HOUR + 1 });
  const again = new HandledCommands(commands.encode());
  assert.equal(again.find(one)?.revision, 0);
  assert.deepEqual(Buffer.from(again.find(one)?.hash ?? []), hashOf('one'));
  assert.deepEqual(again.find(other), { revision: 2 ** 40, hash: undefined, at: HOUR + 1 });
  assert.equal(again.find(newId()), undefined);
  assert.deepEqual(Buffer.from(again.encode()), Buffer.from(commands.encode()));
  assert.equal(new HandledCommands(new HandledCommands().encode()).find(one), undefined);
});

test('a command of several events stands where its last one stands, and keeps its hash', () => {
  const commands = new HandledCommands();
  const id = newId();
  commands.add(id, { revision: 3, hash: hashOf('asked'), at: HOUR });
  commands.add(id, { revision: 4, hash: undefined, at: HOUR });
  assert.equal(commands.find(id)?.revision, 4);
  assert.deepEqual(commands.find(id)?.hash, hashOf('asked'));
});

test('the last thousand are kept however old, and those of a day however many', () => {
  const commands = new HandledCommands();
  const ids = Array.from({ length: 3_000 }, newId);
  // The first thousand on the first day, the others 30 hours later.
  for (const [index, id] of ids.entries()) {
    commands.add(id, { revision: index, hash: undefined, at: index < 1_000 ? 0 : 30 * HOUR });
  }
  assert.equal(commands.find(ids[999]!), undefined);
  assert.equal(commands.find(ids[1_000]!)?.revision, 1_000);

  const slow = new HandledCommands();
  for (const [index, id] of ids.slice(0, 1_000).entries()) {
    slow.add(id, { revision: index, hash: undefined, at: index * 48 * HOUR });
  }
  assert.equal(slow.find(ids[0]!)?.revision, 0);
  slow.add(newId(), { revision: 1_000, hash: undefined, at: 1_000 * 48 * HOUR });
  assert.equal(slow.find(ids[0]!), undefined);
});
