import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../live/server-process.ts';
import type { Gateway } from './ask.ts';

const OURS = new URL('../live/palimpsest-server.ts', import.meta.url);
const PORTKEY = new URL(
  '../node_modules/@portkey-ai/gateway/build/start-server.js',
  import.meta.url,
);

export type Running = { readonly gateway: Gateway; stop(): Promise<void> };

/** Whom the gateways stand before. */
export const direct = (provider: string): Gateway => ({
  name: 'provider itself',
  url: provider,
  headers: { authorization: 'Bearer sk-of-the-bench-0123456789' },
});

/** As `palimpsest serve` starts it, with everything on: limits in Redis, the log in Postgres, rules and a list. */
export async function palimpsestGateway(
  provider: string,
  database: { readonly url: string; readonly ownerUrl: string },
  redisUrl: string,
): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'palimpsest-bench-gateway-'));
  const operatorKey = randomBytes(24).toString('hex');
  const server = await startServer(OURS, folder, {
    DATABASE_URL: database.url,
    DATABASE_OWNER_URL: database.ownerUrl,
    REDIS_URL: redisUrl,
    PALIMPSEST_MASTER_KEY: randomBytes(32).toString('base64'),
    PALIMPSEST_OPERATOR_KEY: operatorKey,
    OPENAI_API_KEY: 'sk-of-the-bench-0123456789',
    OPENAI_BASE_URL: provider,
  });
  const origin = server.url.replace('ws', 'http');
  const key = await newTenant(origin, operatorKey);
  return {
    gateway: {
      name: 'Palimpsest',
      url: `${origin}/openai/v1`,
      headers: { authorization: `Bearer ${key}` },
    },
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Every limit is set, and none is reached. */
const figures = {
  requestsPerMinute: 1_000_000,
  tokensPerMinute: 1_000_000_000,
  concurrentGenerations: 10_000,
  tokensPerDay: 100_000_000_000,
  tokensPerMonth: 1_000_000_000_000,
  costPerDayNanoUsd: 1_000_000_000_000_000,
  costPerMonthNanoUsd: 5_000_000_000_000_000,
  members: 100,
  retentionDays: 30,
  models: ['*'],
  features: ['documents', 'generation'],
};
const all = { prompt: 'redact', context: 'redact', answer: 'redact' };
const detectors = [
  { detector: 'secrets', actions: all },
  { detector: 'deny-list', name: 'birds', phrases: ['blue footed booby', 'dodo'], actions: all },
];

/** Answers the key of its owner. */
async function newTenant(origin: string, operatorKey: string): Promise<string> {
  const tenantId = `bench-${randomUUID().slice(0, 8)}`;
  await send(origin, operatorKey, 'PUT', '/admin/v1/plans/bench', { name: 'Bench', figures });
  await send(origin, operatorKey, 'POST', '/admin/v1/tenants', {
    tenantId,
    name: 'Bench',
    plan: 'bench',
  });
  const keys = `/admin/v1/tenants/${tenantId}/api-keys`;
  const { key = '' } = await send(origin, operatorKey, 'POST', keys, { roles: ['owner'] });
  await send(origin, key, 'PUT', '/v1/policies/default', { detectors });
  return key;
}

async function send(origin: string, key: string, method: string, path: string, body: object) {
  const answer = await fetch(origin + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as { readonly key?: string };
}

/** Portkey's gateway as it is: it passes on, and neither counts nor limits nor records anything. */
export async function portkeyGateway(provider: string): Promise<Running> {
  const port = await freePort();
  const child = spawn(process.execPath, [PORTKEY.pathname, `--port=${port}`, '--headless'], {
    stdio: ['ignore', 'ignore', 2],
    env: { ...process.env, NODE_ENV: 'production', TRUSTED_CUSTOM_HOSTS: '127.0.0.1' },
  });
  const url = `http://127.0.0.1:${port}`;
  await answered(url, child);
  return {
    gateway: {
      name: 'Portkey',
      url: `${url}/v1`,
      headers: {
        authorization: 'Bearer sk-of-the-bench-0123456789',
        'x-portkey-provider': 'openai',
        'x-portkey-custom-host': provider,
      },
    },
    stop: async () => {
      child.kill();
      await once(child, 'exit');
    },
  };
}

async function answered(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return;
    await sleep(100);
  }
  throw new Error('Portkey’s gateway ended.');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
