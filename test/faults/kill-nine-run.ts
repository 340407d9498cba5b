import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killNine } from './kill-nine/kill-nine.ts';
import { killProjectors } from './kill-nine/kill-projectors.ts';

// npm run faults [-- --kills 50 --seed 1 --clients 6]
// npm run faults -- --projectors [--seconds 120 --every 5 --eventstore URL]
const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    kills: text,
    seed: text,
    clients: text,
    projectors: { type: 'boolean' },
    seconds: text,
    every: text,
    eventstore: text,
  },
});
const seed = Number(values.seed ?? Date.now() % 100_000);
const home = await mkdtemp(join(tmpdir(), 'palimpsest-kill-nine-'));
console.log(`seed ${seed}, home ${home}`);

const say = (line: string) => console.log(line);
const clients = Number(values.clients ?? 6);
const { figures, wrong, verify, ...more } = values.projectors
  ? await killProjectors(home, {
      seconds: Number(values.seconds ?? 120),
      everyMs: Number(values.every ?? 5) * 1_000,
      clients,
      seed,
      ...(values.eventstore !== undefined && { eventStoreUrl: values.eventstore }),
      say,
    })
  : await killNine(home, {
      kills: Number(values.kills ?? 50),
      seed,
      clients,
      longestLife: 120,
      large: 0.005,
      say,
    });
const failedStarts = ('failedStarts' in more ? more.failedStarts : []) as readonly string[];
for (const why of failedStarts) console.log(`A start failed: ${why.trim()}`);
console.log(JSON.stringify(figures, undefined, 2));
console.log(verify.output.trimEnd().split('\n').slice(-12).join('\n'));
if (wrong.length === 0 && verify.code === 0) {
  console.log('Every acknowledged command is in the log exactly once.');
  await rm(home, { recursive: true, force: true });
} else {
  console.log(`${wrong.length} contradictions; log verify ended with ${verify.code}.`);
  for (const what of wrong.slice(0, 50)) console.log(what);
  console.log(`The home is left as it is: ${home}`);
  process.exitCode = 1;
}
