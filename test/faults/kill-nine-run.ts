import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killNine } from './kill-nine/kill-nine.ts';

// npm run faults [-- --kills 50 --seed 1 --clients 6]
const { values } = parseArgs({
  options: { kills: { type: 'string' }, seed: { type: 'string' }, clients: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 100_000);
const home = await mkdtemp(join(tmpdir(), 'palimpsest-kill-nine-'));
console.log(`seed ${seed}, home ${home}`);

const { figures, wrong, verify, failedStarts } = await killNine(home, {
  kills: Number(values.kills ?? 50),
  seed,
  clients: Number(values.clients ?? 6),
  longestLife: 120,
  large: 0.005,
  say: (line) => console.log(line),
});
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
