import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '#test/support/random.ts';
import { type Acknowledged, type Ledger, type Sent, repeat, send } from './command.ts';

export type ClientOptions = {
  readonly name: string;
  readonly random: Random;
  /** Documents that every client edits. */
  readonly shared: readonly string[];
  /** How many of its commands create a large document, from 0 to 1. */
  readonly large: number;
  readonly stopped: () => boolean;
};

/** Characters of three bytes: half a megabyte takes long enough for a kill to fall into its append. */
const LARGE = 200_000;

export const isLarge = ({ body }: Sent): boolean => JSON.stringify(body).length > LARGE;

/** Writes until it is stopped, one command after the other, as an application would. */
export async function runClient(ledger: Ledger, options: ClientOptions): Promise<void> {
  const { name, random, shared, large, stopped } = options;
  const own: string[] = [];
  const done: Acknowledged[] = [];
  const pick = <Item>(items: readonly Item[]) => items[random.below(items.length)];

  const next = (number: number): Sent => {
    const key = `${name}-${number}`;
    const marker = `[${key}]`;
    const dice = random.next();
    if (own.length === 0 || dice < 0.03) return created(key, marker);
    if (dice < 0.03 + large) return created(key, marker, noise(random, LARGE));
    if (dice < 0.06) return invited(key);
    const document = (random.next() < 0.5 ? pick(shared) : pick(own)) ?? '';
    const before = done.findLast(({ path }) => path === editsOf(document))?.markers[0];
    if (dice < 0.4 && before !== undefined) return replaced(key, document, before);
    return inserted(key, document, dice < 0.6 ? 3 : 1);
  };

  for (let number = 0; !stopped(); number++) {
    const acknowledged = await send(ledger, next(number));
    if (acknowledged === undefined) return;
    done.push(acknowledged);
    if (acknowledged.path === '/v1/documents') own.push(acknowledged.id);
    const again = random.next() < 0.08 ? pick(done.slice(-20)) : undefined;
    if (again !== undefined) await repeat(ledger, again);
    await sleep(10 + random.below(60));
  }
}

const editsOf = (document: string) => `/v1/documents/${document}/edits`;

const created = (key: string, marker: string, more = ''): Sent => ({
  key,
  path: '/v1/documents',
  body: { title: key, markdown: `# ${key}\n\n${marker}\n${more}` },
  markers: [marker],
});

const invited = (key: string): Sent => ({
  key,
  path: '/v1/members',
  body: { name: key, email: `${key}@example.com`, roles: ['editor'] },
  markers: [],
});

const inserted = (key: string, document: string, edits: number): Sent => {
  const markers = Array.from({ length: edits }, (_, at) => `[${key}.${at}]`);
  return {
    key,
    path: editsOf(document),
    body: { edits: markers.map((text) => ({ type: 'insertText', at: 0, text })) },
    markers,
  };
};

/** Puts a marker behind an earlier one: where that one stood twice, this would be refused. */
const replaced = (key: string, document: string, before: string): Sent => ({
  key,
  path: editsOf(document),
  body: { edits: [{ type: 'replaceText', find: before, with: `${before}[${key}]` }] },
  markers: [`[${key}]`],
});

/** Random Chinese characters: text that hardly compresses. */
const noise = (random: Random, length: number): string => {
  const codes = Array.from({ length }, () => 0x4e_00 + random.below(20_000));
  let text = '';
  for (let at = 0; at < length; at += 5_000) {
    text += `${String.fromCharCode(...codes.slice(at, at + 5_000))}\n`;
  }
  return text;
};
