import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';

const launcher = resolve(import.meta.dirname, '../../bin/palimpsest.js');

/** What the processes of one cluster share: database, log and keys, as environment variables. */
export type Shared = Readonly<Record<string, string>>;

export type Node = {
  readonly name: string;
  readonly roles: string;
  /** Where it answers; undefined while it does not run. */
  readonly url: string | undefined;
  readonly pid: number | undefined;
  /** Resolves when it takes requests. Throws what it said when it ended instead. */
  start(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** SIGTERM, and until it has ended. */
  stop(): Promise<void>;
  output(): string;
};

/** One process of the cluster, with a home of its own below `directory`. */
export function clusterNode(
  name: string,
  roles: string,
  { directory, shared }: { readonly directory: string; readonly shared: Shared },
): Node {
  let child: ChildProcess | undefined;
  let closed: Promise<unknown> | undefined;
  let url: string | undefined;
  let output = '';

  const end = async (signal: NodeJS.Signals) => {
    child?.kill(signal);
    await closed;
  };
  return {
    name,
    roles,
    get url() {
      return url;
    },
    get pid() {
      return child?.pid;
    },
    start: async () => {
      const { PATH = '' } = process.env;
      const env = {
        PATH,
        LOG_LEVEL: 'warn',
        ...shared,
        PORT: '0',
        PALIMPSEST_HOME: join(directory, name),
      };
      const started = spawn(process.execPath, [launcher, 'serve', '--roles', roles], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      output = '';
      const ready = Promise.withResolvers<void>();
      for (const stream of [started.stdout, started.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
          url = /Palimpsest runs at (\S+)/.exec(output)?.[1] ?? url;
          if (url !== undefined) ready.resolve();
        });
      }
      closed = once(started, 'close').then(() => {
        if (child === started) [child, url] = [undefined, undefined];
        ready.reject(new Error(`${name} has ended:\n${output}`));
      });
      ready.promise.catch(() => undefined);
      await ready.promise;
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    output: () => output,
  };
}
