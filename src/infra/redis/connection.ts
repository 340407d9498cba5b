import { Redis } from 'ioredis';
import { AdmissionUnavailable } from '#commands/admission.ts';
import type { Clock } from '#commands/ports.ts';
import type { Script } from './scripts.ts';

export type Reply = readonly (string | number | null | Reply)[];

export type RedisConnection = {
  /**
   * Runs a step, and again where its answer did not arrive: every step may be repeated. Throws
   * `AdmissionUnavailable` when that was in vain for as long as our patience.
   */
  run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<Reply>;
  /** Whether it answers now. */
  isThere(): Promise<boolean>;
  close(): Promise<void>;
};

type Options = {
  readonly url: string;
  readonly clock: Clock;
  /** How long an answer may take until the connection is taken for dead. */
  readonly answerWithinMs?: number;
  /** How long a step is tried in all. Longer than a restart of a connection, shorter than a client waits. */
  readonly patienceMs?: number;
  /** Told of a connection that fails, without its address: that may hold a password. */
  readonly report?: (message: string) => void;
};

const PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;

/** These say that the server does not count now; any other error it answers is a mistake of ours. */
const NOT_NOW =
  /^(LOADING|READONLY|(MASTER|CLUSTER)DOWN|TRYAGAIN|NOREPLICAS|BUSY|OOM|MISCONF|NO(AUTH|PERM)|WRONGPASS)\b/;

export function redisConnection({
  url,
  clock,
  answerWithinMs = 1_000,
  patienceMs = 3_000,
  report = () => undefined,
}: Options): RedisConnection {
  const redis = new Redis(url, {
    protocol: 2,
    commandTimeout: answerWithinMs,
    socketTimeout: answerWithinMs,
    connectTimeout: answerWithinMs,
    // What is not answered fails at once, and `run` decides: a queue would send it long after its
    // caller has gone, and the library would resend it without looking at the time.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(times * PAUSE_MS, LONGEST_PAUSE_MS),
  });
  redis.on('error', (error: Error & { readonly code?: string }) =>
    report(`Redis: ${error.code ?? error.name}`),
  );

  const send = async ({ lua, sha }: Script, rest: readonly (string | number)[]) => {
    const [count = 0, ...operands] = rest;
    try {
      return (await redis.evalsha(sha, count, ...operands)) as Reply;
    } catch (error) {
      // A restart and SCRIPT FLUSH forget scripts.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return (await redis.eval(lua, count, ...operands)) as Reply;
    }
  };

  return {
    run: async (script, keys, args) => {
      const until = clock.now().getTime() + patienceMs;
      for (;;) {
        try {
          return await send(script, [keys.length, ...keys, ...args]);
        } catch (error) {
          if (isOurs(error)) throw error;
          if (clock.now().getTime() >= until) {
            throw new AdmissionUnavailable('Redis does not answer', { cause: error });
          }
          await clock.sleep(PAUSE_MS);
        }
      }
    },
    isThere: async () =>
      await redis.ping().then(
        () => true,
        () => false,
      ),
    close: async () => {
      redis.disconnect();
    },
  };
}

const isOurs = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ReplyError' && !NOT_NOW.test(error.message);
