import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { emptyHome, palimpsest } from '#test/support/process.ts';
import { seriesOf } from '#test/domain/forecast/series.ts';

test('an operator sees what the forecast is worth on the use that was', async (t) => {
  const home = await emptyHome(t);
  const file = join(home, 'use.csv');
  const rows = seriesOf('growth', 1).map((use, hour) => `${hour},${use.toFixed(3)}`);
  await writeFile(file, ['hour,use', ...rows].join('\n'));
  const { code, output } = await palimpsest(t, home, [
    'forecast',
    'backtest',
    file,
    '--from',
    '336',
    '--json',
  ]).finished;
  assert.equal(code, 0, output);
  const { forecast, yesterday, lastWeek } = JSON.parse(output) as Record<string, number>;
  assert.ok(forecast! < Math.min(yesterday!, lastWeek!), output);
});

for (const [what, text, says] of [
  ['no figure', 'hour,use\n1,2\n2,many\n', 'Hour 2 is no figure of 0 or more.'],
  ['too few hours', '1\n2\n3\n', 'has 3 hours; more than 24 are needed.'],
] as const) {
  test(`a file with ${what} is refused with a sentence`, async (t) => {
    const home = await emptyHome(t);
    const file = join(home, 'use.csv');
    await writeFile(file, text);
    const { code, output } = await palimpsest(t, home, ['forecast', 'backtest', file]).finished;
    assert.equal(code, 1);
    assert.ok(output.includes(says), output);
  });
}
