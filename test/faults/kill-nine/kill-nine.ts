import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '#test/support/process.ts';
import { type Random, seededRandom } from '#test/support/random.ts';
import { contradictions } from './check-outcome.ts';
import { type ClientOptions, isLarge, runClient } from './client.ts';
import type { Ledger } from './command.ts';
import { newLedger, sharedDocuments } from './ledger.ts';
import { type RestartedServer, restartedServer } from './server.ts';

export type KillNineOptions = {
  readonly kills: number;
  readonly seed: number;
  readonly clients: number;
  /** A server is killed after it acknowledged fewer commands than this, how many is random. */
  readonly longestLife: number;
  readonly large: ClientOptions['large'];
  readonly say?: (line: string) => void;
};

export type KillNineOutcome = {
  readonly figures: Readonly<Record<string, number>>;
  /** Must be empty. */
  readonly wrong: readonly string[];
  readonly verify: { readonly code: number | null; readonly output: string };
  readonly failedStarts: readonly string[];
  /** Everything that the servers wrote, for whoever looks for a cause. */
  readonly output: string;
};

/**
 * A server is killed (SIGKILL) at random moments while clients write, and its Postgres in some
 * rounds too. Clients send what was not answered again, under the same key. In the end every
 * acknowledged command must be in the log exactly once, and every view must equal its rebuild.
 */
export async function killNine(home: string, options: KillNineOptions): Promise<KillNineOutcome> {
  const { kills, seed, clients, longestLife, large, say = () => undefined } = options;
  const random = seededRandom(seed);
  const server = restartedServer(home);
  try {
    await server.start();
    const apiKey = (await readFile(join(home, 'keys/demo'), 'utf8')).trim();
    const ledger = newLedger(apiKey, server.url);
    const shared = await sharedDocuments(ledger);
    let stopped = false;
    const working = Array.from({ length: clients }, async (_, index) => {
      const client = { name: `c${index}`, random: seededRandom(seed + 1 + index), shared, large };
      await runClient(ledger, { ...client, stopped: () => stopped });
    });
    const acknowledges = async (more: number) => {
      const enough = ledger.acknowledged.length + more;
      await until(() => ledger.acknowledged.length >= enough, 120_000);
    };
    try {
      for (let kill = 1; kill <= kills; kill++) {
        await acknowledges(random.below(longestLife));
        await sleep(random.below(100));
        const what = await killOnce(server, kill, random);
        await server.start();
        say(`kill ${kill}: ${what}; ${progressOf(ledger, server)}`);
      }
      await acknowledges(longestLife / 2);
      stopped = true;
      await Promise.all(working);
    } finally {
      ledger.givenUp = true;
    }
    const wrong = await contradictions(ledger);
    await server.stop();
    const verify = await server.run('log', 'verify');
    const { failedStarts } = server;
    const figures = figuresOf(ledger, server, kills);
    return { figures, wrong, verify, failedStarts, output: server.output() };
  } finally {
    await server.kill();
  }
}

const progressOf = ({ acknowledged, unanswered, wrong }: Ledger, { startMs }: RestartedServer) =>
  `back in ${startMs.at(-1)?.toFixed(0)} ms; ${acknowledged.length} acknowledged, ` +
  `${unanswered} attempts unanswered, ${wrong.length} wrong`;

async function killOnce(server: RestartedServer, kill: number, random: Random): Promise<string> {
  if (kill % 5 === 2) {
    await server.killPostgres();
    await server.ended();
    return 'Postgres, and the server ended';
  }
  if (kill % 5 === 3) {
    await Promise.all([server.killPostgres(), server.kill()]);
    return 'server and Postgres';
  }
  await server.kill();
  if (kill % 5 !== 0) return 'server';
  server.startOnly();
  await sleep(random.below(1_500));
  await server.kill();
  return 'server, and the next one while it started';
}

function figuresOf(ledger: Ledger, { startMs, failedStarts }: RestartedServer, kills: number) {
  const restarts = startMs.slice(1).toSorted((a, b) => a - b);
  return {
    commands: ledger.sent,
    acknowledged: ledger.acknowledged.length,
    retried: ledger.retried,
    attemptsWithoutAnswer: ledger.unanswered,
    large: ledger.acknowledged.filter(isLarge).length,
    repeatedOnPurpose: ledger.repeated,
    kills,
    failedStarts: failedStarts.length,
    restartMedianMs: Math.round(restarts[Math.floor(restarts.length / 2)] ?? 0),
    restartMaxMs: Math.round(restarts.at(-1) ?? 0),
  };
}
