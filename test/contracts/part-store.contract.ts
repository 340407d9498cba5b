import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { PartStore } from '#commands/generation/part-port.ts';
import type { TenantId } from '#domain/ids.ts';

/** What every store of parts must do. */
export function partStoreContract(
  name: string,
  start: (t: TestContext) => Promise<{ store: PartStore; pass: (ms: number) => Promise<void> }>,
): void {
  const KEEP_MS = 800;
  const placeOf = (tenant: string) => ({ tenant: tenant as TenantId, name: randomUUID() });
  const piece = (from: number, to: number, isLast = false) => ({
    from,
    to,
    sealed: `sealed ${from} to ${to}`,
    isLast,
  });

  async function kept(t: TestContext) {
    const { store, pass } = await start(t);
    const place = placeOf('ours');
    const append = async (...of: Parameters<typeof piece>) =>
      await store.append(place, piece(...of), KEEP_MS);
    const read = async (from: number) => await store.read(place, from, KEEP_MS);
    return { store, pass, place, append, read };
  }

  test(`${name}: pieces are read from the one that holds a part on, in their order`, async (t) => {
    const { append, read } = await kept(t);
    assert.equal(await read(0), undefined);
    for (const [from, to] of [
      [0, 3],
      [3, 4],
      [4, 12],
    ] as const) {
      assert.equal(await append(from, to), to);
    }
    const from = async (part: number) => (await read(part))?.pieces.map(({ to }) => to);
    assert.deepEqual(await from(0), [3, 4, 12]);
    assert.deepEqual(await from(2), [3, 4, 12]);
    assert.deepEqual(await from(3), [4, 12]);
    assert.deepEqual(await from(11), [12]);
    assert.deepEqual(await from(12), []);
    assert.deepEqual(await from(1_000_000), []);
    assert.equal((await read(11))?.pieces[0]?.sealed, 'sealed 4 to 12');
  });

  test(`${name}: a piece is there once, and none is there without those before it`, async (t) => {
    const { append, read } = await kept(t);
    assert.equal(await append(4, 5), 0, 'what is before it was lost');
    assert.equal(await read(0), undefined);
    await append(0, 2);
    assert.equal(await append(0, 2), 2, 'its answer had not arrived');
    assert.equal(await append(5, 7), 2);
    assert.deepEqual(
      (await read(0))?.pieces.map(({ to }) => to),
      [2],
    );
  });

  test(`${name}: nothing follows the last piece, which may hold nothing`, async (t) => {
    const { append, read } = await kept(t);
    await append(0, 2);
    assert.equal((await read(0))?.isOver, false);
    assert.equal(await append(2, 2, true), 2);
    assert.deepEqual([(await read(2))?.isOver, (await read(9))?.isOver], [true, true]);
    assert.equal(await append(2, 2, true), 2);
    assert.equal(await append(2, 3), 2);
    assert.deepEqual((await read(2))?.pieces, []);
  });

  test(`${name}: many pieces are read in some readings`, async (t) => {
    const { append, read } = await kept(t);
    for (let at = 0; at < 120; at += 1) await append(at, at + 1);
    const seen: number[] = [];
    for (;;) {
      const pieces = (await read(seen.length))?.pieces ?? assert.fail('they are gone');
      if (pieces.length === 0) break;
      seen.push(...pieces.map(({ to }) => to));
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 120 }, (_, index) => index + 1),
    );
  });

  test(`${name}: parts are of their tenant and name only`, async (t) => {
    const { store, place, append } = await kept(t);
    await append(0, 2);
    const others = [{ ...place, tenant: 'theirs' as TenantId }, placeOf('ours')];
    for (const other of others) assert.equal(await store.read(other, 0, KEEP_MS), undefined);
  });

  test(`${name}: parts are gone some time after the last word of them`, async (t) => {
    const { append, read, pass } = await kept(t);
    await append(0, 2);
    for (let again = 0; again < 2; again += 1) {
      await pass(KEEP_MS * 0.6);
      assert.equal(await append(2, 2), 2, 'nothing new, but it is still under way');
    }
    assert.deepEqual(
      (await read(0))?.pieces.map(({ to }) => to),
      [2],
    );
    await pass(KEEP_MS + 50);
    assert.equal(await read(0), undefined);
  });

  test(`${name}: whoever reads is awaited for a while`, async (t) => {
    const { store, place, append, read, pass } = await kept(t);
    await append(0, 2);
    assert.equal(await store.awaitedForMs(place), 0);
    await read(0);
    const ms = await store.awaitedForMs(place);
    assert.ok(ms > 0 && ms <= KEEP_MS, `${ms}`);
    await append(2, 3);
    assert.ok((await store.awaitedForMs(place)) > 0);
    await pass(KEEP_MS + 50);
    assert.equal(await store.awaitedForMs(place), 0);
  });
}
