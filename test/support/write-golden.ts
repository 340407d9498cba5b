import { createHash, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { type SealingContext, sealEvents } from '#commands/envelope.ts';
import type { EventDefinition } from '#domain/event.ts';
import { type EventTypeSchema, eventTypeSchemas, eventTypes, toJson } from '#domain/event-types.ts';
import { canonicalHeader } from '#domain/header.ts';
import type { ApiKeyId, CommandId, MemberId, TenantId } from '#domain/ids.ts';
import { streamOf } from '#domain/stream.ts';
import { aesSealer } from '#infra/crypto/sealer.ts';
import { memoryKeyStore } from '#infra/memory/key-store.ts';
import { type Golden, goldenFile, goldenFolder, goldenMasterKey } from './golden.ts';
import { randomKeys, stoppedClock } from './sealing.ts';
import { sampleOf } from './sample-event.ts';

// Writes a golden event for every type and version that has none. It never changes a file: what
// was stored once must stay readable, so a golden event that no longer opens is a broken upcast,
// not an old file. (Before the first release `rm test/golden/*.json` starts afresh.)

const tenant = 'golden' as TenantId;

const long =
  'All happy families are alike; every unhappy family is unhappy in its own way. '.repeat(20);
const styles = [
  { optional: false, text: 'a' },
  { optional: true, text: 'Grüße, 世界 🪶' },
  { optional: true, text: long },
];

async function goldenOf(schema: EventTypeSchema, definition: EventDefinition): Promise<Golden> {
  const { type, version, kind } = schema;
  const store = memoryKeyStore();
  const sealer = aesSealer({
    store,
    masterKey: goldenMasterKey,
    ids: randomKeys,
    clock: stoppedClock(),
  });
  const stream = streamOf(tenant, kind, randomUUID());
  const data = styles
    .map((style) => sampleOf(schema.schema, style) as object)
    // The long text is for free text only; where a field is bounded the others are enough.
    .filter((one, index) => index < 2 || definition.schema.safeParse(one).success);
  const stored = [];
  for (const [index, one] of data.entries()) {
    const context = contextOf(index);
    const seal = await sealEvents(sealer, eventTypes, stream, [{ type, data: one }], context);
    stored.push(...seal({ revision: index, notBefore: undefined }));
  }
  const { subject } = stored[0]!.header;
  const { tenantKeys, subjectKeys } = await store.find([
    { tenant, subject, version: 1 },
    { tenant, subject: undefined, version: 1 },
  ]);
  return {
    type,
    version,
    tenantKey: encoded(tenantKeys[0]!),
    ...(subjectKeys[0] && { subjectKey: encoded(subjectKeys[0]) }),
    events: stored.map(({ header, body }, index) => ({
      header: canonicalHeader(header),
      body: Buffer.from(body).toString('base64'),
      data: toJson(data[index]),
      commandHash: index > 0 ? commandHash.toString('base64') : undefined,
    })),
  };
}

const commandHash = createHash('sha256').update('a request').digest();

/** The first event has only what every header has, the others everything a header may have. */
const contextOf = (index: number): SealingContext => ({
  principal: {
    tenant,
    member: randomUUID() as MemberId,
    roles: [],
    groups: [],
    ...(index > 0 && { apiKey: '0123456789abcdef' as ApiKeyId }),
  },
  commandId: randomUUID() as CommandId,
  correlationId: randomUUID(),
  now: new Date('2026-03-01T12:00:00.000Z'),
  ...(index > 0 && {
    commandHash,
    causationId: randomUUID(),
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    unfinished: index === 1,
    partsBefore: index === 2 ? 1 : 0,
    firstIndex: index,
  }),
});

const encoded = <Row extends { readonly wrapped: Uint8Array | undefined }>(row: Row) => ({
  ...row,
  wrapped: Buffer.from(row.wrapped ?? []).toString('base64'),
});

/** `wx` fails on a file that is there: that is the whole protection. */
async function add(golden: Golden): Promise<boolean> {
  const file = goldenFile(golden.type, golden.version);
  try {
    await writeFile(file, `${JSON.stringify(golden, null, 2)}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

await mkdir(goldenFolder, { recursive: true });
let added = 0;
for (const schema of eventTypeSchemas()) {
  const definition = eventTypes[schema.type]!;
  if (schema.version !== definition.version) continue;
  if (await add(await goldenOf(schema, definition))) added++;
}
process.stdout.write(`${added} golden events added.\n`);
