import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type TenantId, streamOf } from '../palimpsest.ts';
import { inGroups } from './groups.ts';
import type { LiveDocument, LiveSystem } from './live-system.ts';
import { type Actor, type Address, actorOf, connectLive } from './palimpsest-client.ts';
import { Typist, newGroup, typeHistory } from './palimpsest-typist.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import type { Session } from './session.ts';

const SERVER = new URL('palimpsest-server.ts', import.meta.url);
const TENANT = 'bench' as TenantId;

/** The server cuts what grew too long in a pause of 2 s; the writer is to know it. */
const CUT_AFTER_MS = 3_000;

export async function palimpsestLive(postgres: {
  readonly url: string;
  readonly ownerUrl: string;
}): Promise<LiveSystem & { newWriters(server: ServerProcess, text: string): Promise<Address> }> {
  const folder = await mkdtemp(join(tmpdir(), 'palimpsest-bench-live-'));
  const operatorKey = randomBytes(24).toString('hex');
  let key: string | undefined;
  const newDocument = async (server: ServerProcess, markdown = ''): Promise<Address> => {
    key ??= await newTenant(server, operatorKey);
    const { id } = await post(server, key, '/v1/documents', { title: 'Bench', markdown });
    return { document: id!, key };
  };
  /** Nobody has more than a hundred connections: each document is somebody else's. */
  const newWriters = async (server: ServerProcess, markdown: string): Promise<Address> => {
    const { document, key: owner } = await newDocument(server, markdown);
    const invitation = { name: 'Writer', roles: ['editor'] };
    const { id: memberId } = await post(server, owner, '/v1/members', invitation);
    const wanted = { memberId, roles: ['editor'] };
    return { document, key: (await post(server, owner, '/v1/api-keys', wanted))['key']! };
  };
  return {
    newWriters,
    name: 'Palimpsest',
    start: () =>
      startServer(SERVER, folder, {
        DATABASE_URL: postgres.url,
        DATABASE_OWNER_URL: postgres.ownerUrl,
        PALIMPSEST_OPERATOR_KEY: operatorKey,
      }),
    seed: async (server, session, editsPerChange) => {
      const address = await newDocument(server);
      const actor = await typeHistory(server, address, session);
      const recording = await recorded(server, address, actor, session, editsPerChange);
      return documentOf(postgres.ownerUrl, address, recording);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

type Recording = {
  readonly writer: Actor;
  /** Of the document with its history. */
  readonly revision: number;
  readonly changes: readonly Uint8Array[];
};

async function recorded(
  server: ServerProcess,
  address: Address,
  writer: Actor,
  { edits }: Session,
  editsPerChange: number,
): Promise<Recording> {
  if (edits.length > 0) await sleep(CUT_AFTER_MS);
  const client = await connectLive(server, address, { actor: writer }, () => undefined);
  await client.close();
  const typist = new Typist(client.welcome.snapshot!, writer);
  const changes = inGroups(edits, editsPerChange).map((group) => typist.type(group));
  return { writer, revision: client.welcome.revision, changes };
}

function documentOf(
  ownerUrl: string,
  address: Address,
  { writer, revision, changes }: Recording,
): LiveDocument {
  const actors = new Map<number, Actor>();
  const revisions = [revision];
  return {
    read: async (server, reader, has, arrived) => {
      let next = has === 'nothing' ? 0 : has;
      const since = has === 'nothing' ? undefined : revisions[has];
      const known = { since, actor: actors.get(reader) };
      const client = await connectLive(server, address, known, (events) => {
        for (const change of events.flatMap(({ changes }) => changes ?? [])) {
          if (next < changes.length && Buffer.compare(change, changes[next]!) === 0) {
            arrived(next++);
          }
        }
      });
      actors.set(reader, actorOf(client.welcome, actors.get(reader)));
      return client;
    },
    write: async (server) => {
      const known = { actor: writer, since: revision };
      const client = await connectLive(server, address, known, () => undefined);
      const group = newGroup();
      return {
        ...client,
        send: (change) => {
          void client
            .ask({ t: 'changes', group, changes: [changes[change]!] })
            .then((at) => (revisions[change + 1] = at));
        },
      };
    },
    text: async (server) => {
      const client = await connectLive(server, address, {}, () => undefined);
      await client.close();
      return new Typist(client.welcome.snapshot!, actorOf(client.welcome)).text;
    },
    storedBytes: async () => {
      const [row] = await queried<{ bytes: string }>(
        ownerUrl,
        `select (select coalesce(sum(pg_column_size(e.*)), 0) from events e where stream = $1)
              + (select coalesce(sum(pg_column_size(s.*)), 0) from snapshots s where stream = $1) as bytes`,
        address,
      );
      return Number(row!.bytes);
    },
    storedParts: async () => {
      const [row] = await queried<{ bodies: string; snapshot: string }>(
        ownerUrl,
        `select (select sum(octet_length(body)) from events where stream = $1) as bodies,
                (select octet_length(sealed) from snapshots where stream = $1
                  order by revision desc limit 1) as snapshot`,
        address,
      );
      return { bodies: Number(row!.bodies), document: Number(row!.snapshot) };
    },
  };
}

async function queried<Row extends pg.QueryResultRow>(
  ownerUrl: string,
  text: string,
  { document }: Address,
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  const { rows } = await client.query<Row>(text, [streamOf(TENANT, 'document', document)]);
  await client.end();
  return rows;
}

/** Answers the key of its owner. */
async function newTenant(server: ServerProcess, operatorKey: string): Promise<string> {
  const tenant = { tenantId: TENANT, name: 'Bench', plan: 'enterprise' };
  await post(server, operatorKey, '/admin/v1/tenants', tenant);
  const keys = `/admin/v1/tenants/${TENANT}/api-keys`;
  return (await post(server, operatorKey, keys, { roles: ['owner'] }))['key']!;
}

async function post(
  server: ServerProcess,
  key: string,
  path: string,
  body: object,
): Promise<Readonly<Record<string, string>>> {
  const answer = await fetch(`${server.url.replace('ws', 'http')}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Readonly<Record<string, string>>;
}
