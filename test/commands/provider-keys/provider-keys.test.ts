import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestBecauseOf } from '#commands/reaction.ts';
import { encodeBody } from '#domain/body.ts';
import { PLATFORM, type ProviderId, type TenantId } from '#domain/ids.ts';
import { providerKeyIdOf } from '#domain/provider-key/ids.ts';
import { Rejected, type RejectionCode } from '#domain/rejected.ts';
import { openEvents } from '#infra/crypto/open-events.ts';
import { byOperator, catalogue } from '#test/support/catalogue.ts';
import { request } from '#test/support/command-path.ts';
import { acme, principal } from '#test/support/given.ts';
import { umbra } from '#test/support/sealing.ts';

const KEY = 'sk-of-acme-0123456789-wxyz';
const openai = 'openai' as ProviderId;
const byOwner = (tenant: TenantId = acme) =>
  request({ tenant, principal: { ...principal('olivia', 'owner'), tenant } });
const isRejected = (code: RejectionCode) => (error: unknown) =>
  error instanceof Rejected && error.code === code;

async function withProvider() {
  const process = catalogue();
  await process.publishProvider('openai');
  const newest = async (tenant: TenantId = acme) => {
    const id = providerKeyIdOf(tenant, openai);
    return (await process.streams.providerKeys.history.newest(tenant, id)).state;
  };
  const opened = async (tenant: TenantId = acme) => {
    const state = await newest(tenant);
    return state.status === 'set' ? await process.sealing.open(tenant, state) : undefined;
  };
  /** What a worker does with every event there is. */
  const react = async () => {
    for (const event of await process.log.readAll({ after: 0n, limit: 1_000 })) {
      if (!process.reaction.reactsTo.includes(event.header.type)) continue;
      await process.reaction.react(event, requestBecauseOf(event, process.reaction.name));
    }
  };
  const revoke = async (tenant: TenantId = acme) => {
    const command = { type: 'RevokeProviderKey' } as const;
    const id = providerKeyIdOf(tenant, openai);
    await process.streams.providerKeys.handle(id, command, byOwner(tenant));
  };
  return { ...process, newest, opened, react, revoke };
}

test('a key comes back as it was set, and its end is all that stands in the clear', async () => {
  const { setKey, newest, opened, log, sealer } = await withProvider();
  await setKey(openai, KEY, byOwner());
  assert.equal(await opened(), KEY);
  const state = await newest();
  assert.equal(state.status === 'set' && state.ending, 'wxyz');
  // What an auditor reads, and what the log holds.
  const stored = await log.readAll({ after: 0n, limit: 1_000 });
  const events = await openEvents(sealer, stored);
  for (const { event } of events) {
    const bytes = Buffer.from(event.erased ? [] : encodeBody(event.data));
    assert.ok(!bytes.includes(KEY), event.type);
    assert.ok(!bytes.includes(KEY.slice(0, 12)), event.type);
  }
});

test('the same key sealed twice is not the same bytes, and opens for its own tenant and provider only', async () => {
  const { setKey, publishProvider, newest, sealing } = await withProvider();
  await publishProvider('other');
  await setKey(openai, KEY, byOwner());
  await setKey(openai, KEY, byOwner(umbra));
  const [ours, theirs] = [await newest(), await newest(umbra)];
  assert.ok(ours.status === 'set' && theirs.status === 'set');
  assert.notDeepEqual(ours.sealed, theirs.sealed);
  assert.equal(await sealing.open(acme, { ...ours, sealed: theirs.sealed }), undefined);
  const moved = { ...ours, providerId: 'other' as ProviderId };
  assert.equal(await sealing.open(acme, moved), undefined);
});

test('a repeated request sets nothing, also after the key was revoked and destroyed', async () => {
  const { setKey, revoke, react, newest } = await withProvider();
  const asked = byOwner();
  const first = await setKey(openai, KEY, asked);
  const second = await setKey(openai, KEY, asked);
  assert.equal(first.outcome.repeated, false);
  assert.equal(second.outcome.repeated, true);
  assert.equal(second.keyId, first.keyId);
  await revoke();
  await react();
  assert.equal((await setKey(openai, KEY, asked)).outcome.repeated, true);
  assert.equal((await newest()).status, 'revoked');
});

test('a revoked key cannot be had from the log any more, and another can be set', async () => {
  const { setKey, revoke, react, newest, opened, sealing } = await withProvider();
  await setKey(openai, KEY, byOwner());
  const before = await newest();
  assert.ok(before.status === 'set');
  await revoke();
  await react();
  assert.equal(await sealing.open(acme, before), undefined);
  await setKey(openai, 'sk-the-next-one-0123', byOwner());
  await react();
  assert.equal(await opened(), 'sk-the-next-one-0123');
});

test('a key that was replaced is destroyed, and the one in its place is not', async () => {
  const { setKey, react, newest, opened, sealing } = await withProvider();
  await setKey(openai, KEY, byOwner());
  const before = await newest();
  assert.ok(before.status === 'set');
  await setKey(openai, 'sk-the-next-one-0123', byOwner());
  assert.equal(await sealing.open(acme, before), KEY, 'until the worker has seen it');
  await react();
  assert.equal(await sealing.open(acme, before), undefined);
  assert.equal(await opened(), 'sk-the-next-one-0123');
});

test('a provider that takes no keys of tenants takes the platform’s', async () => {
  const { setKey, publishProvider, opened } = await withProvider();
  await publishProvider('openai', { takesTenantKeys: false });
  await assert.rejects(setKey(openai, KEY, byOwner()), isRejected('provider-key/not-taken'));
  await setKey(openai, KEY, byOperator());
  assert.equal(await opened(PLATFORM), KEY);
});

test('who may set no key, or names no provider, leaves nothing behind', async () => {
  const { setKey, log } = await withProvider();
  const before = await log.head();
  const byEditor = request({ principal: principal('eve', 'editor') });
  await assert.rejects(setKey(openai, KEY, byEditor), isRejected('right/missing'));
  const nobody = 'nobody' as ProviderId;
  await assert.rejects(setKey(nobody, KEY, byOwner()), isRejected('provider/not-found'));
  assert.equal(await log.head(), before);
});
