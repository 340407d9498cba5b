import type { Command } from 'commander';
import { z } from 'zod';
import { systemClock } from '#infra/system/clock.ts';
import { type Progress, progressOn } from './progress.ts';
import { show, tableText } from './table.ts';
import { type Ask, withControl } from './with-control.ts';

const Standing = z.object({
  name: z.string(),
  version: z.int(),
  generation: z.int(),
  status: z.enum(['serving', 'building']),
  position: z.string(),
  events: z.int(),
  ofEvents: z.int(),
  lagEvents: z.int(),
  lagSeconds: z.number(),
  stalled: z.boolean(),
  parkedStreams: z.int(),
});
const Standings = z.object({ items: z.array(Standing) });
const Letter = z.object({
  projection: z.string(),
  stream: z.string(),
  firstRevision: z.int(),
  events: z.int(),
  error: z.string(),
  parkedAt: z.string(),
});

const base = '/admin/v1/projections';
const LOOK_MS = 100;
type Flags = { readonly json?: true };

export const projectionsCommand = (program: Command): void => {
  const projections = program
    .command('projections')
    .description('how the views stand, and what an operator can do about it');

  projections
    .command('list')
    .description('every build of every view, and how far behind it is')
    .option('--json', 'print JSON')
    .action(async ({ json }: Flags) => {
      const { items } = await withControl(({ ask }) => standings(ask));
      show(json, items, () => standingsText(items));
    });

  projections
    .command('rebuild')
    .description('build a view anew beside the one that is read, and put it in its place')
    .argument('<name>')
    .option('--json', 'print JSON')
    .action(async (name: string, { json }: Flags) => {
      const progress = progressOn(json ? process.stderr : process.stdout, 'events');
      const served = await withControl(({ ask }) => rebuild(ask, name, progress));
      show(json, served, () => `${name} is served by generation ${served.generation}.`);
    });

  projections
    .command('dead-letters')
    .description('the streams that wait because an event could not be taken in')
    .argument('<name>')
    .option('--retry <stream>', 'try the events of this stream once more')
    .option('--drop <stream>', 'give the events of this stream up; that is itself an event')
    .option('--json', 'print JSON')
    .action(async (name: string, { retry, drop, json }: DeadLetterFlags) => {
      await withControl(async ({ ask }) => {
        const outcomes = [
          ...(retry === undefined ? [] : [await act(ask, name, 'retry', retry)]),
          ...(drop === undefined ? [] : [await act(ask, name, 'drop', drop)]),
        ];
        if (outcomes.length > 0) show(json, outcomes, () => outcomes.join('\n'));
        else await showLetters(ask, name, json);
      });
    });
};

type DeadLetterFlags = Flags & { readonly retry?: string; readonly drop?: string };

const standings = (ask: Ask) => ask(Standings, { method: 'GET', path: base });

const standingsText = (items: readonly z.infer<typeof Standing>[]): string =>
  tableText(
    ['view', 'version', 'generation', 'status', 'events behind', 'seconds behind', 'parked'],
    items.map((one) => [
      one.name,
      one.version,
      one.generation,
      one.stalled ? 'stalled' : one.status,
      one.lagEvents,
      one.lagSeconds.toFixed(1),
      one.parkedStreams,
    ]),
    'No server has run yet, so there is no view.',
  );

/** Begins a rebuild, or goes on with the one under way, and waits until readers see it. */
async function rebuild(ask: Ask, name: string, progress: Progress) {
  const path = `${base}/${encodeURIComponent(name)}/rebuild`;
  await ask(z.object({ accepted: z.literal(true) }), { method: 'POST', path });
  for (;;) {
    const { items } = await standings(ask);
    const builds = items.filter((one) => one.name === name);
    const building = builds.find(({ status }) => status === 'building');
    const serving = builds.find(({ status }) => status === 'serving');
    if (building) progress.at(building.events, building.ofEvents);
    else if (serving) {
      progress.end();
      return serving;
    }
    await systemClock.sleep(LOOK_MS);
  }
}

async function act(ask: Ask, name: string, verb: 'retry' | 'drop', stream: string) {
  const path = `${base}/${encodeURIComponent(name)}/dead-letters/${verb}`;
  const answer = z.object({ outcome: z.string() });
  const { outcome } = await ask(answer, { method: 'POST', path, body: { stream } });
  return `${stream}: ${outcome}`;
}

async function showLetters(ask: Ask, name: string, json: true | undefined): Promise<void> {
  const path = `${base}/${encodeURIComponent(name)}/dead-letters`;
  const { items } = await ask(z.object({ items: z.array(Letter) }), { method: 'GET', path });
  show(json, items, () =>
    tableText(
      ['stream', 'from revision', 'events', 'error', 'since'],
      items.map((one) => [one.stream, one.firstRevision, one.events, one.error, one.parkedAt]),
      `Nothing waits in ${name}.`,
    ),
  );
}
