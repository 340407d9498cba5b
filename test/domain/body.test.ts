import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from 'cborg';
import { decodeBody, encodeBody } from '#domain/body.ts';

const id = '01a21515-bf14-7138-8f19-20a859e0677f';
const data = { group: id, access: { members: { [id]: 'owner' } }, list: [id, `${id} and more`] };

test('a body with ids is read as it was written', () => {
  const hash = new Uint8Array([1, 2]);
  assert.deepEqual(decodeBody(encodeBody(data, hash)), { data, commandHash: hash });
});

test('an id takes its 16 bytes and three more', () => {
  assert.equal(encodeBody({ group: id }).length, encodeBody({ group: '' }).length - 1 + 19);
});

test('what only looks like an id stays as it is', () => {
  for (const text of [id.toUpperCase(), id.replace('-', '_'), id.slice(1), `x${id.slice(1)}`]) {
    assert.deepEqual(decodeBody(encodeBody({ text })).data, { text });
  }
});

test('a body whose ids are texts is read all the same', () => {
  assert.deepEqual(decodeBody(encode({ d: data })).data, data);
});
