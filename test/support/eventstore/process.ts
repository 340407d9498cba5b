import type { TestContext } from 'node:test';
import { startScript, until } from '#test/support/process.ts';

/** A double in a process of its own; answers its URL. */
export async function eventStoreProcess(t: TestContext): Promise<string> {
  const double = startScript(t, 'test/support/eventstore/serve.ts', []);
  await until(() => double.output().includes('runs at'));
  return /runs at (\S+)/.exec(double.output())?.[1] ?? '';
}
