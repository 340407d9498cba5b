import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamName } from '#domain/stream.ts';
import { heldForViews } from '#infra/projections/held-for-views.ts';

type Held = { readonly name: string };

const nameOf = (number: number) => `acme/document/${number}` as StreamName;

function holding() {
  const freed: string[] = [];
  const loaded: string[] = [];
  const using = heldForViews<Held>(({ name }) => freed.push(name));
  const use = async (stream: StreamName, work: (held: Held) => Promise<void> | void, may = true) =>
    await using(
      stream,
      {
        mayBeUsed: async () => may,
        load: async () => {
          loaded.push(stream);
          return { name: stream };
        },
      },
      work,
    );
  return { freed, loaded, use };
}

test('what is let go of while it is used is freed when it is not used any more, once', async () => {
  const { freed, use } = holding();
  const going = Promise.withResolvers<void>();
  const first = use(nameOf(0), async () => await going.promise);
  for (let number = 1; number <= 256; number++) await use(nameOf(number), () => undefined);
  assert.deepEqual(freed, []);
  going.resolve();
  await first;
  assert.deepEqual(freed, [nameOf(0)]);
});

test('a document is used by one at a time, and loaded again where it may not be used', async () => {
  const { freed, loaded, use } = holding();
  const order: string[] = [];
  const work = (name: string) => async () => {
    order.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    order.push(`${name} ends`);
  };
  await Promise.all([use(nameOf(1), work('a')), use(nameOf(1), work('b'), false)]);
  assert.deepEqual(order, ['a begins', 'a ends', 'b begins', 'b ends']);
  assert.deepEqual(loaded, [nameOf(1), nameOf(1)]);
  assert.deepEqual(freed, [nameOf(1)]);
});

test('what failed in the middle is not used again', async () => {
  const { freed, loaded, use } = holding();
  const failing = () => {
    throw new Error('half done');
  };
  await assert.rejects(use(nameOf(1), failing), /half done/);
  await use(nameOf(1), () => undefined);
  assert.deepEqual(loaded, [nameOf(1), nameOf(1)]);
  assert.deepEqual(freed, [nameOf(1)]);
});
