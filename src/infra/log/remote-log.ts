import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { LogUnavailable } from '#commands/ports.ts';
import type { ReadableLog } from './compare-logs.ts';

/** What the process in `serve-log.ts` is asked, and what it answers. */
export type Question = {
  readonly id: number;
  readonly method: 'head' | 'readAll';
  readonly options: unknown;
};
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };
export type Opened = { readonly logId: string } | { readonly error: string };

/**
 * A log in EventStoreDB that is read by another process: two clients in one process would share the
 * state of their appends, and the messages of the two libraries one namespace.
 */
export async function remoteLog(url: string): Promise<ReadableLog & { close(): Promise<void> }> {
  const child = fork(new URL('./serve-log.ts', import.meta.url), [], {
    serialization: 'advanced',
    execArgv: [],
    // Not as an argument: every user of the machine can read those.
    env: { ...process.env, PALIMPSEST_REMOTE_LOG: url },
  });
  const [opened] = (await Promise.race([once(child, 'message'), ended(child)])) as [Opened];
  if ('error' in opened) throw new LogUnavailable(opened.error);

  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let asked = 0;
  child.on('message', (answer: Answer) => {
    const question = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) question?.reject(new LogUnavailable(answer.error));
    else question?.resolve(answer.value);
  });
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new LogUnavailable('its process has ended'));
  });
  const ask = async <T>(method: Question['method'], options?: unknown): Promise<T> => {
    const question = Promise.withResolvers<unknown>();
    waiting.set((asked += 1), question);
    child.send({ id: asked, method, options } satisfies Question);
    return (await question.promise) as T;
  };

  return {
    logId: opened.logId,
    head: () => ask('head'),
    readAll: (options) => ask('readAll', options),
    close: async () => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

async function ended(child: ChildProcess): Promise<[Opened]> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return [{ error: `the process that reads it has ended with ${code}` }];
}
