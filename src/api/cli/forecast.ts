import { readFile } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';
import { backtest } from '#domain/forecast/backtest.ts';
import { DAY } from '#domain/forecast/experts.ts';
import type { AddCommand } from './main.ts';
import { show, tableText } from './table.ts';

export const forecastCommand: AddCommand = (program) => {
  program
    .command('forecast')
    .description('forecasts of use')
    .command('backtest')
    .description('how wrong the forecast would have been, beside two naive ones')
    .argument(
      '<file>',
      'the use of each hour, oldest first: a figure a line, the last of its columns',
    )
    .option('--from <hour>', 'the first hour to forecast from', wholeNumber, DAY)
    .option('--json', 'print JSON')
    .action(async (file: string, { from, json }: { from: number; json?: boolean }) => {
      const hours = hoursIn(await readFile(file, 'utf8'));
      if (hours.length <= Math.max(DAY, from)) {
        throw new Error(
          `${file} has ${hours.length} hours; more than ${Math.max(DAY, from)} are needed.`,
        );
      }
      const result = backtest(hours, from);
      const percent = (error: number) => `${(100 * error).toFixed(1)} %`;
      const rows = [
        ['forecast', percent(result.forecast)],
        ['as yesterday', percent(result.yesterday)],
        ['as last week', percent(result.lastWeek)],
      ];
      const head = [`rest of the day, asked ${result.asked} times`, 'wrong by'];
      show(json, result, () => tableText(head, rows, ''));
    });
};

/** A first line that is no figure is a heading. */
function hoursIn(text: string): number[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const figures = lines.map((line) => Number(line.split(/[,;\t]/).at(-1)));
  const rows = Number.isNaN(figures[0]) ? figures.slice(1) : figures;
  const wrong = rows.findIndex((figure) => !Number.isFinite(figure) || figure < 0);
  if (wrong >= 0) throw new Error(`Hour ${wrong + 1} is no figure of 0 or more.`);
  return rows;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('not a whole number');
  return value;
}
