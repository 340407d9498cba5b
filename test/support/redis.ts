import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, after, test } from 'node:test';
import { Redis } from 'ioredis';
import { lastFirst, until } from './process.ts';

const binary = ['redis-server', 'valkey-server'].find((name) => {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

/** The tests need a server that they may empty, stop and restart: one of their own. */
export const hasOwnRedis = binary !== undefined;
const given = process.env['REDIS_URL'];

/** `undefined`, after one visible skip, where there is no Redis; with `REQUIRE_REDIS=1` an error. */
export function whereRedisIs(needs: 'any' | 'own'): 'given' | 'own' | undefined {
  if (needs === 'any' && given !== undefined) return 'given';
  if (hasOwnRedis) return 'own';
  const reason = 'needs a redis-server or valkey-server on the PATH, or (for some) REDIS_URL';
  if (process.env['REQUIRE_REDIS'] === '1') throw new Error(reason);
  test('on a real Redis', { skip: reason });
  return undefined;
}

export type RedisServer = {
  readonly url: string;
  readonly port: number;
  /** As an operator's shell. */
  readonly shell: Redis;
  /** Writes everything to disk, as a backup would be taken. */
  backUp(): Promise<void>;
  /** Ends it at once and starts it with what the last backup holds, or with nothing. */
  restart(from: 'backup' | 'nothing'): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
};

/** A server of its own, on a free port, that keeps nothing unless it is told to. */
export const redisServer = async (t: TestContext, settings: readonly string[] = []) =>
  await startedServer((undo) => lastFirst(t, undo), settings);

/** One for all tests of a file, started by the first that asks; each uses names of its own. */
export function sharedRedis(settings?: readonly string[]): () => Promise<string> {
  let url: Promise<string> | undefined;
  const undos: (() => unknown)[] = [];
  after(async () => {
    for (const undo of undos.toReversed()) await undo();
  });
  const start = async () => (await startedServer((undo) => undos.push(undo), settings ?? [])).url;
  return async () =>
    await (url ??= settings === undefined && given ? Promise.resolve(given) : start());
}

/** A server in cluster mode, which refuses steps whose keys are of more than one slot. */
export function redisCluster(): () => Promise<string> {
  const server = sharedRedis(['--cluster-enabled', 'yes']);
  const join = async (): Promise<string> => {
    const url = await server();
    const redis = new Redis(url);
    await redis.cluster('ADDSLOTSRANGE', 0, 16_383);
    await until(async () => (await redis.cluster('INFO')).includes('cluster_state:ok'));
    redis.disconnect();
    return url;
  };
  let joined: Promise<string> | undefined;
  return async () => await (joined ??= join());
}

async function startedServer(
  atEnd: (undo: () => unknown) => unknown,
  settings: readonly string[],
): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'palimpsest-redis-'));
  atEnd(async () => await rm(directory, { recursive: true, force: true }));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  const stop = async () => {
    const running = child;
    child = undefined;
    if (running === undefined) return;
    const closed = once(running, 'close');
    running.kill('SIGKILL');
    await closed;
  };
  const start = async () => {
    const own = ['--port', String(port), '--dir', directory, '--save', '', '--appendonly', 'no'];
    child = spawn(binary ?? 'redis-server', [...own, ...settings], { stdio: 'ignore' });
    await until(async () => await answers(url));
  };
  await start();
  atEnd(stop);
  const shell = new Redis(url, { maxRetriesPerRequest: null });
  shell.on('error', () => undefined);
  atEnd(() => shell.disconnect());

  const [dump, backup] = [join(directory, 'dump.rdb'), join(directory, 'backup.rdb')];
  return {
    url,
    port,
    shell,
    stop,
    start,
    backUp: async () => {
      await shell.save();
      await copyFile(dump, backup);
      await rm(dump);
    },
    restart: async (from) => {
      await stop();
      await rm(dump, { force: true });
      if (from === 'backup') await copyFile(backup, dump);
      await start();
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
