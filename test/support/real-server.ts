import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { InjectOptions } from 'fastify';
import type { QueryResult } from 'pg';
import { type Composed, compose } from '#api/compose.ts';
import { readConfig } from '#api/config.ts';
import type { ServerRole } from '#api/server-role.ts';
import { keyFiles } from '#infra/home/key-files.ts';
import { freshDatabase } from './database.ts';

/**
 * The whole application as `serve` composes it, on a database of its own, not listening; `beside` it
 * as many more on the same database.
 */
export async function realServer(
  t: TestContext,
  env: Readonly<Record<string, string>> = {},
  roles: readonly ServerRole[] = ['data', 'control', 'projector'],
  beside = 0,
) {
  const directory = await mkdtemp(join(tmpdir(), 'palimpsest-real-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  let stop = async () => {};
  // Registered before the database's own end, which the server must not outlive.
  t.after(() => stop());
  const database = await freshDatabase(t);
  const operatorKey = randomBytes(24).toString('hex');
  // A database URL of one's own: no demo tenant.
  const config = readConfig({
    PALIMPSEST_HOME: directory,
    DATABASE_URL: database.url,
    LOG_LEVEL: 'silent',
    ...env,
  });
  const home = {
    directory,
    database,
    connections: { url: database.url, ownerUrl: database.ownerUrl },
    masterKey: randomBytes(32),
    operatorKey,
    keys: await keyFiles(directory),
    migrated: [],
    notices: [],
    serverUrl: undefined,
    postgresIsRunning: () => true,
    publish: async () => {},
    close: async () => {},
  };
  const composed = await compose(config, home, new Set(roles));
  const others: Composed[] = [];
  for (let one = 0; one < beside; one += 1) {
    others.push(await compose(config, home, new Set<ServerRole>(['data'])));
  }
  stop = async () => {
    await Promise.all([composed, ...others].map((one) => one.stop()));
  };
  const { app } = composed;

  const send = async (key: string | undefined, request: InjectOptions) =>
    await app.inject({
      ...request,
      headers: { ...(key && { authorization: `Bearer ${key}` }), ...request.headers },
    });

  /** Writes something that must succeed, and answers the body. */
  const make = async (key: string, method: 'POST' | 'PUT', url: string, payload: object) => {
    const answer = await send(key, { method, url, payload });
    if (answer.statusCode >= 300) {
      throw new Error(`${method} ${url} answered ${answer.statusCode}: ${answer.body}`);
    }
    return answer.json<Record<string, string>>();
  };

  /** Registers a tenant; its first owner's key opens it. */
  const tenant = async (tenantId: string, name: string) => {
    await make(operatorKey, 'POST', '/admin/v1/tenants', { tenantId, name, plan: 'enterprise' });
    const url = `/admin/v1/tenants/${tenantId}/api-keys`;
    const {
      key = '',
      memberId = '',
      id = '',
    } = await make(operatorKey, 'POST', url, {
      roles: ['owner'],
    });
    return { tenantId, key, memberId, keyId: id };
  };

  /** What was appended after a position, in order. In one round trip: fuzzing asks all the time. */
  const eventsAfter = async (position: bigint) => {
    const answers = (await database.pool.query(`
      begin; set local role palimpsest_projector;
      select position, type, stream from events where position > ${position} order by position;
      commit`)) as unknown as readonly QueryResult<{
      position: string;
      type: string;
      stream: string;
    }>[];
    return (answers[2]?.rows ?? []).map(({ position, type, stream }) => ({
      position: BigInt(position),
      type,
      stream,
    }));
  };

  return {
    app,
    others: others.map((one) => one.app),
    database,
    operatorKey,
    send,
    make,
    tenant,
    eventsAfter,
  };
}

export type RealServer = Awaited<ReturnType<typeof realServer>>;

export const never = { uuid: () => randomUUID(), hex: () => randomBytes(8).toString('hex') };
