import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Gateway, type Heard, ask } from './gateway/ask.ts';
import { direct, palimpsestGateway, portkeyGateway } from './gateway/gateways.ts';
import { startPostgres } from './postgres.ts';
import { redisToUse } from './redis.ts';
import { machine } from './report.ts';
import { inTurns, quantile } from './rounds.ts';

// node bench/gateway.ts [SECONDS] [ROUNDS] [PER SECOND]: what a gateway adds to the answers of a
// provider that answers at once. Redis is REDIS_URL, else a redis-server of its own.

const [SECONDS = 20, ROUNDS = 3, PER_SECOND = 50] = process.argv.slice(2).map(Number);
const WARM_UP_SECONDS = 5;
/** Of every round: while others are measured a server gives memory back, and has to take it again. */
const UNCOUNTED_SECONDS = 3;

const figures = ['answer', 'streamed answer', 'first word', 'word on its way'] as const;
type Figure = (typeof figures)[number];
type Times = Record<Figure, number[]>;

const kinds = [
  { stream: false, slowly: false },
  { stream: true, slowly: false },
  { stream: true, slowly: true },
];
let asked = 0;

/** Asks at its pace, whoever is still waiting for an answer. */
async function load(gateway: Gateway, provider: ChildProcess, seconds: number): Promise<Times> {
  const heard: Promise<{ marker: string; kind: (typeof kinds)[number]; heard: Heard }>[] = [];
  const began = performance.now();
  for (let turn = 0; turn < (UNCOUNTED_SECONDS + seconds) * PER_SECOND; turn += 1) {
    const due = began + (turn * 1_000) / PER_SECOND;
    if (due > performance.now()) await sleep(due - performance.now());
    const marker = `marker-${++asked}`;
    const kind = kinds[turn % kinds.length]!;
    heard.push(ask(gateway, marker, kind).then((heard) => ({ marker, kind, heard })));
  }
  const all = (await Promise.all(heard)).slice(UNCOUNTED_SECONDS * PER_SECOND);
  provider.send('left');
  const [told] = (await once(provider, 'message')) as [[string, number][]];
  const left = new Map(told);
  const times: Times = {
    answer: [],
    'streamed answer': [],
    'first word': [],
    'word on its way': [],
  };
  for (const { marker, kind, heard } of all) {
    if (!kind.stream) times.answer.push(heard.wholeMs);
    else if (!kind.slowly) times['streamed answer'].push(heard.wholeMs);
    else {
      times['first word'].push(heard.firstMs);
      times['word on its way'].push(heard.firstAt - left.get(marker)!);
    }
  }
  return times;
}

const stops: (() => unknown)[] = [];
try {
  await compare();
} finally {
  for (const stop of stops.toReversed()) await stop();
}
process.exit(0);

async function compare(): Promise<void> {
  const postgres = await startPostgres();
  stops.push(postgres.stop);
  const redis = await redisToUse();
  stops.push(redis.stop);
  const provider = fork(new URL('gateway/provider.ts', import.meta.url), {
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  stops.push(() => provider.kill());
  const [port] = await once(provider, 'message');
  const url = `http://127.0.0.1:${port}/v1`;
  const ours = await palimpsestGateway(url, await postgres.ours('palimpsest_gateway'), redis.url);
  stops.push(ours.stop);
  const portkey = await portkeyGateway(url);
  stops.push(portkey.stop);
  const gateways = [direct(url), ours.gateway, portkey.gateway];
  for (const gateway of gateways) await load(gateway, provider, WARM_UP_SECONDS);
  const measured = await inTurns(
    ROUNDS,
    gateways.map((gateway) => ({
      system: gateway.name,
      run: () => load(gateway, provider, SECONDS),
    })),
  );
  console.log(`${machine()}\nPostgres ${postgres.version} (${postgres.settings})`);
  console.log(`${ROUNDS} rounds of ${SECONDS} s, ${PER_SECOND} requests a second\n`);
  for (const figure of figures) console.log(linesOf(figure, measured));
}

type Measured = Awaited<ReturnType<typeof inTurns<Times>>>;

/** One line for each gateway, with what it adds to the provider itself, which is the first one. */
function linesOf(figure: Figure, measured: Measured): string {
  const [base, ...gateways] = measured.map(({ system, values }) => {
    const all = values.flatMap((round) => round[figure]);
    return { system, p50: quantile(all, 0.5), p99: quantile(all, 0.99) };
  });
  const line = ({ system, p50, p99 }: NonNullable<typeof base>, rest = '') =>
    `${figure.padEnd(16)} ${system.padEnd(16)} p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms${rest}`;
  const over = (one: NonNullable<typeof base>) =>
    ` (${(one.p50 - base!.p50).toFixed(1)} and ${(one.p99 - base!.p99).toFixed(1)} ms more)`;
  return [line(base!), ...gateways.map((one) => line(one, over(one)))].join('\n');
}
