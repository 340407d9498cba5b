import { relative } from 'node:path';
import type { run } from 'node:test';
import { inspect, stripVTControlCharacters } from 'node:util';

type Events = ReturnType<typeof run>;
type Output = { write(text: string): unknown };
type Plan = {
  readonly root: string;
  readonly files: readonly string[];
  /** Under a name filter a file may rightly have nothing to run. */
  readonly isFiltered: boolean;
};
type Result = {
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly name: string;
  readonly file: string;
  readonly why?: unknown;
};

/**
 * A line for each failure as it comes, then the failures in full, and the counts alone on the last
 * line. Answers whether all is well.
 */
export async function reportTo(output: Output, events: Events, plan: Plan): Promise<boolean> {
  const results: Result[] = [];
  // Files that held tests; the tests of a contract say where they are written, not where they run.
  const ended = new Set<string>();
  const path: string[] = [];
  for await (const { type, data } of events) {
    output.write(saidBy({ type, data }));
    if (type === 'test:summary') {
      ended.add(relative(plan.root, data.file ?? ''));
      output.write(lineOf(data, plan.root));
    }
    if (type === 'test:start') path.splice(data.nesting, Infinity, data.name);
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const file = relative(plan.root, data.file ?? '');
    const name = [...path.slice(0, data.nesting), data.name].join(' › ');
    const result = resultOf(type, data, file, name);
    if (result === undefined) continue;
    results.push(result);
    announce(output, result);
  }
  if (!plan.isFiltered) results.push(...filesWithoutTests(plan.files, ended, results));
  return summarise(output, results);
}

type Said = { readonly type: string; readonly data: { message?: string; file?: string } };

/** What a test wrote, what it measured, or the seed that repeats it. The runner's counts have no file. */
function saidBy({ type, data: { message = '', file } }: Said): string {
  if (type === 'test:stderr' || type === 'test:stdout') return message;
  return type === 'test:diagnostic' && file !== undefined ? `  ℹ ${message}\n` : '';
}

/** What is not well is said at once; a long run shows it before its end. */
function announce(output: Output, { outcome, file, name, why }: Result): void {
  if (outcome === 'failed') output.write(`  ✖ ${file}: ${name}\n`);
  if (outcome === 'skipped') output.write(`  – ${file}: ${name} (${String(why)})\n`);
}

/** One line for each file, when it has ended; the summary of the whole run names no file. */
function lineOf({ file, success, counts, duration_ms: ms }: TestSummary, root: string): string {
  if (file === undefined) return '';
  const seconds = (ms / 1000).toFixed(1);
  return `${success ? '✔' : '✖'} ${relative(root, file)}: ${counts.passed} passed in ${seconds} s\n`;
}

type TestSummary = {
  readonly file: string | undefined;
  readonly success: boolean;
  readonly counts: { readonly passed: number };
  readonly duration_ms: number;
};

type Ended = {
  readonly name: string;
  readonly nesting: number;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
  readonly details: { readonly type?: string | undefined; readonly error?: unknown };
};

function resultOf(type: string, data: Ended, file: string, name: string): Result | undefined {
  if (type === 'test:fail') {
    const why = data.details.error;
    return isFailureOfSubtests(why) ? undefined : { outcome: 'failed', name, file, why };
  }
  const excuse = data.skip ?? data.todo;
  if (excuse !== undefined) return { outcome: 'skipped', name, file, why: excuse };
  // Node reports a file as a test of its own when it holds none.
  if (data.nesting === 0 && data.name.endsWith(file)) return undefined;
  return data.details.type === 'suite' ? undefined : { outcome: 'passed', name, file };
}

/** A file that holds no test looks like one that passes; one that does not load failed already. */
function filesWithoutTests(
  files: readonly string[],
  ended: ReadonlySet<string>,
  results: readonly Result[],
): Result[] {
  const failed = new Set(results.map(({ file, outcome }) => outcome === 'failed' && file));
  return files
    .filter((file) => !ended.has(file) && !failed.has(file))
    .map((file) => ({ outcome: 'failed', name: 'holds no test', file, why: 'No test ran in it.' }));
}

function summarise(output: Output, results: readonly Result[]): boolean {
  const count = (outcome: Result['outcome']) =>
    results.filter((result) => result.outcome === outcome).length;
  for (const { outcome, name, file, why } of results) {
    if (outcome === 'failed') output.write(`\n✖ ${name}\n  ${file}\n${indent(text(why))}\n`);
  }
  const skipped = count('skipped') === 0 ? '' : `, ${count('skipped')} skipped`;
  output.write(`\n${count('passed')} passed, ${count('failed')} failed${skipped}\n`);
  return count('failed') === 0 && count('passed') > 0;
}

function text(error: unknown): string {
  // The runner wraps what the test threw.
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (typeof cause === 'string') return cause;
  if (!(cause instanceof Error)) return inspect(cause, { depth: 6 });
  const deeper =
    cause.cause === undefined ? '' : `\ncaused by: ${inspect(cause.cause, { depth: 4 })}`;
  return `${cause.stack ?? cause.message}${deeper}`;
}

const indent = (block: string) =>
  stripVTControlCharacters(block)
    .split('\n')
    .filter((line) => !line.includes('(node:'))
    .map((line) => `    ${line}`)
    .join('\n');

const isFailureOfSubtests = (error: unknown) =>
  error instanceof Error && 'failureType' in error && error.failureType === 'subtestsFailed';
