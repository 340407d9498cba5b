import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tagged, encode } from 'cborg';
import { decodeBody, encodeBody } from '#domain/body.ts';

const id = '01a21515-bf14-7138-8f19-20a859e0677f';
const data = { group: id, access: { members: { [id]: 'owner' } }, list: [id, `${id} and more`] };

test('a body with ids is read as it was written', () => {
  const hash = new Uint8Array([1, 2]);
  assert.deepEqual(decodeBody(encodeBody(data, hash)), { data, commandHash: hash });
});

test('names that stand in most bodies take two bytes, and hexadecimal half of its digits', () => {
  assert.equal(encodeBody({ inserted: 1 }).length, encodeBody({ '': 1 }).length - 1 + 2);
  const hex = '0123456789abcdef';
  assert.equal(encodeBody({ id: hex }).length, encodeBody({ id: '' }).length - 1 + 10);
  const texts = { size: 'changes', title: hex.repeat(4), at: [hex, hex.toUpperCase(), `${hex}0`] };
  assert.deepEqual(decodeBody(encodeBody(texts)).data, texts);
});

test('a body of a later version, with a word that is not known yet, is not read wrongly', () => {
  const later = encode({ d: { text: new Tagged(6, 999) } });
  assert.throws(() => decodeBody(later), /not known/);
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
