import { setTimeout as sleep } from 'node:timers/promises';
import { type Company, send } from './company.ts';
import { STANDING, type Standing } from './steps.ts';

// The long form: PAUSE_MS=120000
/** Longer than a lease, so that others decide what becomes of the hold. */
export const PAUSE_MS = Number(process.env['PAUSE_MS'] ?? 23_000);

type Fault = {
  /** Whether every process feels it. */
  readonly isOfAll: boolean;
  /** Done when something is spent already, and more will be. */
  readonly before?: (all: Company) => Promise<void>;
  readonly hit: (standing: Standing) => Promise<unknown> | void;
  /** Once the others have taken what they could. Without it, the generation just goes on. */
  readonly recover?: (standing: Standing) => Promise<void>;
};

export const faults = {
  'its process is killed': {
    isOfAll: false,
    hit: ({ api }) => api.kill(),
    recover: async ({ api, goOn }) => {
      goOn();
      await api.start();
    },
  },
  'Redis is emptied': {
    isOfAll: true,
    hit: ({ all }) => all.redis.shell.flushall(),
  },
  'Redis is set back to an older dump': {
    isOfAll: true,
    before: ({ redis }) => redis.backUp(),
    hit: ({ all }) => all.redis.restart('backup'),
  },
  'the same is delivered again': {
    isOfAll: false,
    hit: ({ all, round, api, answers }) => {
      for (const one of [api, all.second]) answers.push(send(one, round, STANDING));
    },
  },
  'its process sleeps': {
    isOfAll: false,
    hit: ({ api: { pid } }) => void process.kill(pid!, 'SIGSTOP'),
    recover: async ({ api: { pid }, goOn }) => {
      await sleep(PAUSE_MS);
      goOn();
      process.kill(pid!, 'SIGCONT');
    },
  },
  'its client hangs up': {
    isOfAll: false,
    hit: ({ hangUp }) => hangUp(),
  },
} satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof faults;
export const faultNamed = (name: FaultName): Fault => faults[name];
