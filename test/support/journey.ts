import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { shippedPlans } from '#domain/plan/shipped-plans.ts';
import { eventStoreDouble } from './eventstore/server.ts';
import { emptyHome, startServer } from './process.ts';

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Empty where the answer is not JSON. */
  readonly json: Readonly<Record<string, unknown>>;
};

type Asked = {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Somebody with a key, who talks to a server as any program would. */
export type Caller = {
  readonly get: (path: string, headers?: Asked['headers']) => Promise<Answer>;
  readonly post: (path: string, body?: unknown, headers?: Asked['headers']) => Promise<Answer>;
  readonly patch: (path: string, body: unknown, headers?: Asked['headers']) => Promise<Answer>;
  readonly put: (path: string, body?: unknown) => Promise<Answer>;
  readonly remove: (path: string) => Promise<Answer>;
};

/** Where the log may be; the views are in Postgres always. */
const logs = {
  Postgres: async () => ({}),
  EventStoreDB: async (t: TestContext) => ({ EVENTSTORE_URL: (await eventStoreDouble(t)).url }),
};

/** The same story with every log, each on a server of its own. */
export function journey(
  story: string,
  tell: (t: TestContext, journey: Journey) => Promise<void>,
): void {
  for (const [log, environment] of Object.entries(logs))
    test(`${story}, with the log in ${log}`, { timeout: 60_000 }, async (t) =>
      tell(t, await journeyServer(t, await environment(t))),
    );
}

/** The server that people run, started from nothing, and its operator. */
async function journeyServer(t: TestContext, env: Readonly<Record<string, string>>) {
  const home = await emptyHome(t);
  let server = await startServer(t, home, { env });
  const { url } = server;
  const as = (key: string): Caller => callerOf(url, key);
  const operator = as((await readFile(join(home, 'keys/operator'), 'utf8')).trim());
  /** Stops the server, and starts another one where it was. */
  const restart = async () => {
    server.child.kill('SIGTERM');
    await server.finished;
    server = await startServer(t, home, { env: { ...env, PORT: new URL(url).port } });
  };
  return { url, as, operator, restart };
}

export type Journey = Awaited<ReturnType<typeof journeyServer>>;
type Callers = Pick<Journey, 'operator' | 'as'>;

/** Registers a tenant and answers its first owner. */
export async function ownerOf({ operator, as }: Callers, tenantId: string): Promise<Caller> {
  const plan = shippedPlans[0]?.planId;
  const made = await operator.post('/admin/v1/tenants', { tenantId, name: tenantId, plan });
  assert.equal(made.status, 201, made.text);
  const issued = await operator.post(`/admin/v1/tenants/${tenantId}/api-keys`, {
    roles: ['owner'],
  });
  assert.equal(issued.status, 201, issued.text);
  return as(String(issued.json['key']));
}

/** Invites somebody and makes a key for that member. */
export async function memberOf(
  { as }: Pick<Callers, 'as'>,
  owner: Caller,
  name: string,
  ...roles: string[]
) {
  const invited = await owner.post('/v1/members', { name, roles });
  assert.equal(invited.status, 201, invited.text);
  const id = String(invited.json['id']);
  const issued = await owner.post('/v1/api-keys', { memberId: id, roles });
  assert.equal(issued.status, 201, issued.text);
  const key = String(issued.json['key']);
  return { id, key, keyId: String(issued.json['id']), ...as(key) };
}

/** The header that makes a read wait for this write. */
export const after = ({ headers }: Answer) => ({
  'palimpsest-min-position': headers.get('palimpsest-position') ?? assert.fail('no position'),
});

/** Whoever has this key or token, at this server. */
export function callerOf(server: string, key: string): Caller {
  const send = async (method: string, path: string, { body, headers = {} }: Asked = {}) => {
    const answer = await fetch(server + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = /json/.test(answer.headers.get('content-type') ?? '') && !text.includes('}\n{');
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      json: isJson ? JSON.parse(text) : {},
    };
  };
  return {
    get: (path, headers = {}) => send('GET', path, { headers }),
    post: (path, body, headers = {}) => send('POST', path, { body, headers }),
    patch: (path, body, headers = {}) => send('PATCH', path, { body, headers }),
    put: (path, body) => send('PUT', path, { body }),
    remove: (path) => send('DELETE', path),
  };
}
