import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export type Question = 'cpu' | 'memory' | 'resident' | 'stop';

/** In bytes, after a garbage collection: of the process, and what JavaScript and its libraries hold. */
export type Memory = { readonly resident: number; readonly used: number };

export type ServerProcess = {
  readonly url: string;
  /** Microseconds of user and system time so far, with all of its threads. */
  cpu(): Promise<number>;
  memory(): Promise<Memory>;
  /** Bytes, as the system sees them now: nothing is collected for it, which would hold others up. */
  resident(): Promise<number>;
  /** Resolves when all is stored and the process is over. */
  stop(): Promise<void>;
};

/** Runs a file that calls `serve`, with the folder that its server stores in. */
export async function startServer(
  file: URL,
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const child = fork(file, [folder], {
    env: { ...process.env, ...env },
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  const port = await answer(child);
  return {
    url: `ws://127.0.0.1:${port}`,
    cpu: async () => (await ask(child, 'cpu')) as number,
    memory: async () => (await ask(child, 'memory')) as Memory,
    resident: async () => (await ask(child, 'resident')) as number,
    stop: async () => {
      const over = once(child, 'exit');
      child.send('stop' satisfies Question);
      await over;
    },
  };
}

async function ask(child: ChildProcess, question: Question): Promise<unknown> {
  const answered = answer(child);
  child.send(question);
  return await answered;
}

async function answer(child: ChildProcess): Promise<unknown> {
  const stopped = new AbortController();
  try {
    const [message] = await Promise.race([
      once(child, 'message', { signal: stopped.signal }),
      once(child, 'exit', { signal: stopped.signal }).then(([code]) => {
        throw new Error(`A server under test ended with ${code}.`);
      }),
    ]);
    return message;
  } finally {
    stopped.abort();
  }
}
