import assert from 'node:assert/strict';
import type { Amount } from '#domain/amount.ts';
import type { Scope } from '#domain/budget/limits.ts';
import type { Period } from '#domain/budget/windows.ts';
import type { DataOf } from '#domain/generation/events.ts';
import type { Caller } from './journey.ts';
import type { ReceivedRequest } from './model-server/server.ts';

/** What one generation came to, as the log has it. */
export type LoggedGeneration = {
  /** In its prompt, by which the provider's record is known as its own. */
  marker: string;
  readonly types: string[];
  readonly debits: DataOf<'BudgetDebited'>[];
  reserved: DataOf<'BudgetReserved'> | undefined;
};

type Logged = {
  readonly position: string;
  readonly header: { readonly type: string; readonly stream: string };
  readonly data?: Record<string, unknown>;
};

export const markerIn = (text: string): string => /marker-[\d-]+/.exec(text)?.[0] ?? '';
const ends = /^Generation(?:Completed|Blocked|Failed|Aborted|Abandoned)$/;

async function eventsIn(owner: Caller): Promise<Logged[]> {
  const { status, text } = await owner.get('/v1/audit/events');
  assert.equal(status, 200, text);
  const lines = text.trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Logged);
}

export async function generationsIn(owner: Caller): Promise<LoggedGeneration[]> {
  const found = new Map<string, LoggedGeneration>();
  for (const { header, data = {} } of await eventsIn(owner)) {
    if (!header.stream.includes('/generation/')) continue;
    const none = { marker: '', types: [], debits: [], reserved: undefined };
    const of = found.get(header.stream) ?? none;
    found.set(header.stream, of);
    of.types.push(header.type);
    if (header.type === 'GenerationRequested') of.marker = markerIn(JSON.stringify(data));
    if (header.type === 'BudgetDebited') of.debits.push(data as DataOf<'BudgetDebited'>);
    if (header.type === 'BudgetReserved') of.reserved = data as DataOf<'BudgetReserved'>;
  }
  return [...found.values()];
}

/** All use, as the view has it once it holds all that is in the log. */
export async function usedIn(owner: Caller): Promise<Used> {
  const position = (await eventsIn(owner)).at(-1)!.position;
  const read = await owner.get('/v1/usage', { 'palimpsest-min-position': position });
  assert.equal(read.status, 200, read.text);
  const { attempts, tokens, costNanoUsd } = read.json['totals'] as Used;
  return { attempts, tokens, costNanoUsd };
}

export type Used = {
  readonly attempts: number;
  readonly tokens: number;
  readonly costNanoUsd: string;
};

/** The same, as the debits are. */
export function usedBy(generations: readonly LoggedGeneration[]): Used {
  const amounts = generations.flatMap(({ debits }) => debits.map(({ amount }) => amount));
  const { tokens, costNanoUsd } = sumOf(amounts);
  return { attempts: amounts.length, tokens, costNanoUsd: String(costNanoUsd) };
}

const sumOf = (amounts: readonly Amount[]): Amount => ({
  tokens: amounts.reduce((total, { tokens }) => total + tokens, 0),
  costNanoUsd: amounts.reduce((total, { costNanoUsd }) => total + costNanoUsd, 0),
});

export const isOver = ({ types }: LoggedGeneration): boolean =>
  types.some((type) => ends.test(type));

/** Where the log and the provider's record do not say the same, a sentence each. */
export function wrongIn(
  generations: readonly LoggedGeneration[],
  requests: readonly ReceivedRequest[],
): string[] {
  const known = new Set(generations.map(({ marker }) => marker));
  return [
    ...generations.flatMap((one) => wrongWith(one, requests)),
    ...requests
      .filter(({ text }) => !known.has(markerIn(text)))
      .map(({ text }) => `${markerIn(text)} reached the provider before the log`),
  ];
}

function wrongWith(
  { marker, types, debits }: LoggedGeneration,
  requests: readonly ReceivedRequest[],
): string[] {
  const reached = requests.filter(({ text }) => markerIn(text) === marker).length;
  const attempts = debits.map(({ attempt }) => attempt);
  const assumed = debits.filter(({ countedBy }) => countedBy === 'assumed').length;
  const isTwice = new Set(attempts).size !== attempts.length;
  // An attempt that was paid for may have been killed before it began: then it is assumed all the same.
  const isExact = debits.length === reached || debits.length - 1 === reached;
  const isExplained = debits.length === reached || assumed === 1;
  const endings = types.filter((type) => ends.test(type)).length;
  return [
    ...(isTwice ? [`${marker}: attempts ${attempts.join()} were debited`] : []),
    ...(isExact && isExplained ? [] : [`${marker}: ${reached} reached, ${debits.length} debited`]),
    ...(endings === 1 ? [] : [`${marker}: ${endings} ends in ${types.join()}`]),
  ];
}

export type Windows = Readonly<Record<Period, string>>;

/** The log's sums for each pair of windows in which something was reserved. */
export function debitedIn(generations: readonly LoggedGeneration[]) {
  const pairs = new Map<string, Windows>();
  const scopes = new Set<Scope>();
  for (const { reserved } of generations) {
    if (reserved === undefined) continue;
    pairs.set(`${reserved.windows.day} ${reserved.windows.month}`, reserved.windows);
    for (const scope of reserved.scopes) scopes.add(scope as Scope);
  }
  const sum = (period: Period, windows: Windows, scope: Scope): Amount => {
    const counted = generations.filter(
      ({ reserved }) =>
        reserved?.windows[period] === windows[period] && reserved.scopes.includes(scope),
    );
    return sumOf(counted.flatMap(({ debits }) => debits.map(({ amount }) => amount)));
  };
  return [...pairs.values()].map((windows) => ({
    windows,
    settled: new Map(
      [...scopes].map((scope) => [
        scope,
        { day: sum('day', windows, scope), month: sum('month', windows, scope) },
      ]),
    ),
  }));
}
