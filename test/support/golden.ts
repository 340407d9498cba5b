import { readFile, readdir } from 'node:fs/promises';
import type { RecordedEvent } from '#domain/event.ts';
import { parseHeader } from '#domain/header.ts';
import type { KeyStore, SubjectKeyRow, TenantKeyRow } from '#infra/crypto/key-store.ts';
import { memoryKeyStore } from '#infra/memory/key-store.ts';

/** The only master key of golden events; no other data was ever sealed with it. */
export const goldenMasterKey = Uint8Array.from({ length: 32 }, (_, i) => i * 7);

export const goldenFolder = new URL('../golden/', import.meta.url);

/** One type at one version, as some Palimpsest once stored it. Never changed once released. */
export type Golden = {
  readonly type: string;
  readonly version: number;
  /** Wrapped keys as the key store holds them, bytes as base64. */
  readonly tenantKey: Encoded<TenantKeyRow>;
  readonly subjectKey?: Encoded<SubjectKeyRow>;
  readonly events: readonly {
    /** The very text that was stored. */
    readonly header: string;
    readonly body: string;
    /** What it opened to, in the shape of its own version, as JSON shows it. */
    readonly data: unknown;
    readonly commandHash?: string | undefined;
  }[];
};

type Encoded<Row> = Omit<Row, 'wrapped'> & { readonly wrapped: string };

export const goldenFile = (type: string, version: number) =>
  new URL(`${type}.v${version}.json`, goldenFolder);

export async function readGoldens(): Promise<Golden[]> {
  const names = (await readdir(goldenFolder)).filter((name) => name.endsWith('.json'));
  return await Promise.all(
    names.map(
      async (name) => JSON.parse(await readFile(new URL(name, goldenFolder), 'utf8')) as Golden,
    ),
  );
}

export async function keyStoreOf({ tenantKey, subjectKey }: Golden): Promise<KeyStore> {
  const store = memoryKeyStore();
  await store.addTenantKey({ ...tenantKey, wrapped: Buffer.from(tenantKey.wrapped, 'base64') });
  if (subjectKey) {
    await store.addSubjectKey({
      ...subjectKey,
      wrapped: Buffer.from(subjectKey.wrapped, 'base64'),
    });
  }
  return store;
}

export const recorded = ({ events }: Golden): RecordedEvent[] =>
  events.map(({ header, body }, index) => ({
    header: parseHeader(header),
    body: Buffer.from(body, 'base64'),
    position: BigInt(index + 1),
  }));
