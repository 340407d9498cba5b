import { createInterface } from 'node:readline';
import { ask } from './ask.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { demoTenant } from './demo-tenant.ts';

// npm run cluster: two processes that take requests, two that keep the views and react, and a proxy.
// Then: kill NAME, start NAME, status, verify, quit.

const HOW =
  'kill NAME (kill -9), start NAME, status, verify (compares every view with a rebuild), quit';
const STATUS_MS = 10_000;
const PORT = 7410;

const say = (line: string) => process.stdout.write(`${line}\n`);

const { PALIMPSEST_HOME = '.palimpsest-cluster', PORT: port = String(PORT), ...env } = process.env;
say('Starting …');
const cluster = await startCluster({ ...env, PALIMPSEST_HOME }, { port: Number(port) });
const { key } = await demoTenant(cluster).catch(async (error: unknown) => {
  await cluster.stop();
  throw error;
});
say(`The cluster answers at ${cluster.proxy.url}`);
for (const { name, roles, url } of cluster.nodes) say(`  ${name}  ${roles}  ${url}`);
say(`Try: curl ${cluster.proxy.url}/v1/documents -H 'Authorization: Bearer ${key}' \\
       -H 'Content-Type: application/json' -d '{"title":"Draft","markdown":"# Hello\\n"}'`);
say(`Type: ${HOW}`);

let stopping: Promise<void> | undefined;
const stop = async () => {
  stopping ??= cluster.stop();
  await stopping;
  say('Stopped.');
  process.exit(0);
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());
setInterval(() => void status(cluster), STATUS_MS).unref();

const commands: Readonly<Record<string, (name: string) => Promise<void>>> = {
  kill: async (name) => nodeNamed(name).kill(),
  start: async (name) => nodeNamed(name).start(),
  status: async () => await status(cluster),
  verify: async () => {
    say((await cluster.run('log', 'verify')).output.trim());
  },
  quit: stop,
};

for await (const line of createInterface({ input: process.stdin })) {
  const [command = '', name = ''] = line.trim().split(/\s+/);
  const work = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (work === undefined) say(`Type: ${HOW}`);
  else await work(name).catch((error: unknown) => say(String(error)));
}

function nodeNamed(name: string) {
  const node = cluster.nodes.find((one) => one.name === name);
  if (node !== undefined) return node;
  const names = cluster.nodes.map((one) => one.name).join(', ');
  throw new Error(`There is no process ${name}. There are ${names}.`);
}

/** Who runs, and how far the views are. */
async function status({ nodes, proxy, operatorKey }: Cluster): Promise<void> {
  const processes = nodes.map(({ name, url }) => `${name} ${url === undefined ? 'down' : 'up'}`);
  const asked = await ask(proxy.url, operatorKey, 'GET', '/admin/v1/projections').catch(
    () => undefined,
  );
  const views = ((asked?.['items'] ?? []) as { lagEvents: number; parkedStreams: number }[]).length;
  const lag = ((asked?.['items'] ?? []) as { lagEvents: number }[]).map(
    ({ lagEvents }) => lagEvents,
  );
  const standing =
    views === 0
      ? 'the views cannot be asked'
      : `${views} views, at most ${Math.max(...lag)} events behind`;
  say(`${processes.join(', ')}; ${standing}`);
}
