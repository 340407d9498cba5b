import { arch, cpus, platform, totalmem } from 'node:os';
import { type Row, median } from './rounds.ts';

export function machine(): string {
  const processors = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${processors.length} × ${processors[0]?.model.trim()}, ${memory} GB, ${platform()} ${arch()}, Node ${process.versions.node}`;
}

/** Medians of the rounds, and how many times better Palimpsest is than each of the others. */
export function tableOf(rows: readonly Row[]): string {
  const systems = [...new Set(rows.flatMap(({ figures }) => figures.map(({ system }) => system)))];
  const [ours, ...others] = systems;
  const lines = rows.map((row) => [
    row.measure,
    ...systems.map((system) => withUnit(medianOf(row, system), row.unit)),
    ...others.map((other) => ratio(row, ours ?? '', other)),
    row.target ?? '',
  ]);
  const head = ['Measure', ...systems, ...others.map((other) => `to ${other}`), 'Target'];
  const body = [head, head.map((_, index) => (index === 0 ? '---' : '--:')), ...lines];
  const notes = rows.flatMap(({ measure, notes = [] }) =>
    notes.map((note) => `- ${measure}: ${note}.`),
  );
  return [...body.map((cells) => `| ${cells.join(' | ')} |`), '', ...notes].join('\n');
}

const medianOf = ({ figures }: Row, system: string): number | undefined => {
  const found = figures.find((one) => one.system === system);
  return found && median(found.values);
};

function ratio(row: Row, ours: string, other: string): string {
  const [one, two] = [medianOf(row, ours), medianOf(row, other)];
  if (one === undefined || two === undefined) return '–';
  const times = row.better === 'higher' ? one / two : two / one;
  return `${times.toFixed(times < 10 ? 2 : 1)} ×`;
}

function withUnit(value: number | undefined, unit: string): string {
  if (value === undefined) return '–';
  const digits = value < 10 ? 2 : 0;
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `${value.toLocaleString('en', format)} ${unit}`;
}
