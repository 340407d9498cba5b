import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '#deploy/cluster/cluster.ts';
import { demoTenant } from '#deploy/cluster/demo-tenant.ts';
import { until } from '#test/support/process.ts';
import { seededRandom } from '#test/support/random.ts';
import { contradictions } from './check-outcome.ts';
import { runClient } from './client.ts';
import { newLedger, sharedDocuments } from './ledger.ts';

export type KillProjectorsOptions = {
  readonly seconds: number;
  /** One projector is killed in each of these. */
  readonly everyMs: number;
  readonly clients: number;
  readonly seed: number;
  readonly eventStoreUrl?: string;
  readonly say?: (line: string) => void;
};

export type KillProjectorsOutcome = {
  readonly figures: Readonly<Record<string, number>>;
  /** Must be empty. */
  readonly wrong: readonly string[];
  readonly verify: { readonly code: number | null; readonly output: string };
};

const PROJECTORS = ['projector-1', 'projector-2', 'projector-3'];

/**
 * Clients write while projectors are killed (SIGKILL) one after the other and started again. In the
 * end every view must equal its rebuild, and every acknowledged command be in the log once.
 */
export async function killProjectors(
  home: string,
  options: KillProjectorsOptions,
): Promise<KillProjectorsOutcome> {
  const { seconds, everyMs, clients, seed, say = () => undefined } = options;
  const roles = PROJECTORS.map((name) => [name, 'projector,worker'] as const);
  const shape = Object.fromEntries([['api-1', 'data,control'], ...roles]);
  const env = {
    PALIMPSEST_HOME: home,
    ...(options.eventStoreUrl && { EVENTSTORE_URL: options.eventStoreUrl }),
  };
  const cluster = await startCluster(env, { shape });
  try {
    const { key } = await demoTenant(cluster);
    const ledger = newLedger(key, () => cluster.proxy.url);
    const shared = await sharedDocuments(ledger);
    let stopped = false;
    const working = Array.from({ length: clients }, async (_, index) => {
      const client = { name: `c${index}`, random: seededRandom(seed + index), shared, large: 0 };
      await runClient(ledger, { ...client, stopped: () => stopped });
    });
    const takeovers: number[] = [];
    // Nobody waits for one before the next is killed.
    const after: Promise<void>[] = [];
    const random = seededRandom(seed);
    let kills = 0;
    try {
      for (const end = performance.now() + seconds * 1_000; performance.now() < end; kills++) {
        await sleep(everyMs);
        const running = projectors(cluster).filter(({ url }) => url !== undefined);
        const node = running[random.below(running.length)];
        if (node === undefined) continue;
        await node.kill();
        const began = performance.now();
        after.push(
          heard(node.start()),
          heard(
            moves(cluster).then(() => {
              takeovers.push(performance.now() - began);
              say(
                `${node.name} killed; the views moved again after ${takeovers.at(-1)?.toFixed(0)} ms`,
              );
            }),
          ),
        );
      }
      await Promise.all(after);
      stopped = true;
      await Promise.all(working);
    } finally {
      ledger.givenUp = true;
    }
    await settled(cluster);
    const wrong = await contradictions(ledger);
    const verify = await cluster.run('log', 'verify');
    const figures = {
      commands: ledger.sent,
      acknowledged: ledger.acknowledged.length,
      attemptsWithoutAnswer: ledger.unanswered,
      kills,
      takeoverMaxMs: Math.round(Math.max(...takeovers)),
    };
    return { figures, wrong, verify };
  } finally {
    await cluster.stop();
  }
}

/** A promise whose rejection may wait until somebody asks for it. */
function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

const projectors = ({ nodes }: Cluster) => nodes.filter(({ name }) => PROJECTORS.includes(name));

type Standing = { readonly position: string; readonly lagEvents: number };

/** Undefined while nobody can say. */
async function standings({
  proxy,
  operatorKey,
}: Cluster): Promise<readonly Standing[] | undefined> {
  const authorization = `Bearer ${operatorKey}`;
  const answer = await fetch(`${proxy.url}/admin/v1/projections`, { headers: { authorization } });
  if (!answer.ok) return undefined;
  const { items } = (await answer.json()) as { items: readonly Standing[] };
  return items;
}

/** Waits until no view is where it is now: whoever had it is replaced. */
async function moves(cluster: Cluster): Promise<void> {
  let before: readonly Standing[] | undefined;
  await until(async () => {
    const now = await standings(cluster);
    before ??= now;
    const hasMoved = ({ position, lagEvents }: Standing, index: number) =>
      lagEvents === 0 || position !== before?.[index]?.position;
    return now?.every(hasMoved) ?? false;
  }, 60_000);
}

const settled = async (cluster: Cluster) =>
  await until(
    async () => (await standings(cluster))?.every(({ lagEvents }) => lagEvents === 0) ?? false,
    60_000,
  );
