import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '#api/config.ts';
import { openHome } from '#infra/home/home.ts';
import { type Node, clusterNode } from './nodes.ts';
import { type Proxy, startProxy } from './proxy.ts';

const LOOK_MS = 100;
const READY_WITHIN_MS = 60_000;

const launcher = resolve(import.meta.dirname, '../../bin/palimpsest.js');

export type Cluster = {
  readonly nodes: readonly Node[];
  readonly proxy: Proxy;
  readonly operatorKey: string;
  /** `palimpsest …` on the cluster's database and log. */
  run(...args: string[]): Promise<{ readonly code: number | null; readonly output: string }>;
  stop(): Promise<void>;
};

/** Which processes there are, and what each does. */
export const SHAPE: Readonly<Record<string, string>> = {
  'api-1': 'data,control',
  'api-2': 'data,control',
  'projector-1': 'projector,worker',
  'projector-2': 'projector,worker',
};

/**
 * Several processes on one database and one log, and a proxy before those that take requests. The
 * database is that of the environment, else the embedded one of this home.
 */
export async function startCluster(
  env: Readonly<Record<string, string | undefined>>,
  { shape = SHAPE, port = 0 }: { readonly shape?: typeof SHAPE; readonly port?: number } = {},
): Promise<Cluster> {
  const config = readConfig(env);
  const home = await openHome(config, 'command');
  const { url, ownerUrl = url, directUrl } = home.connections;
  const shared = {
    DATABASE_URL: url,
    DATABASE_OWNER_URL: ownerUrl,
    ...(directUrl && { DATABASE_DIRECT_URL: directUrl }),
    ...(config.eventStoreUrl && { EVENTSTORE_URL: config.eventStoreUrl }),
    PALIMPSEST_MASTER_KEY: Buffer.from(home.masterKey).toString('base64'),
    PALIMPSEST_OPERATOR_KEY: home.operatorKey,
  };
  const directory = join(config.home, 'nodes');
  const nodes = Object.entries(shape).map(([name, roles]) =>
    clusterNode(name, roles, { directory, shared }),
  );
  const stopNodes = async () => {
    await Promise.all(nodes.map(async (node) => await node.stop()));
    await home.close();
  };
  try {
    await Promise.all(nodes.map(async (node) => await node.start()));
    const answering = nodes.filter(({ roles }) => roles.includes('data'));
    const proxy = await startProxy(() => answering.flatMap((node) => node.url ?? []), port);
    await allReady(proxy, answering.length);
    return {
      nodes,
      proxy,
      operatorKey: home.operatorKey,
      run: async (...args) =>
        await run(args, { ...shared, PALIMPSEST_HOME: join(directory, 'command') }),
      stop: async () => {
        await proxy.stop();
        await stopNodes();
      },
    };
  } catch (error) {
    await stopNodes();
    throw error;
  }
}

/** Views that are behind are filled first. */
async function allReady(proxy: Proxy, count: number): Promise<void> {
  for (let waited = 0; proxy.healthy().length < count; waited += LOOK_MS) {
    if (waited > READY_WITHIN_MS)
      throw new Error(`Only ${proxy.healthy().length} of ${count} processes are ready.`);
    await sleep(LOOK_MS);
  }
}

async function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [launcher, ...args], { env: { PATH, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}
