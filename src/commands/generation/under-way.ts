import type { Clock } from '#commands/ports.ts';
import type { Generation } from '#domain/generation/state.ts';
import type { AnswerPart } from './model-port.ts';

/** What whoever waits for a generation is shown as it comes. */
export type Shown =
  | Extract<AnswerPart, { readonly type: 'text' | 'tool-call' }>
  /** An attempt began. */
  | { readonly type: 'attempt'; readonly attempt: number; readonly model: string }
  /** What came of the attempt before is void. */
  | { readonly type: 'again' };

export type EndedBy = 'caller' | 'disconnect' | 'shutdown' | 'deadline';

/** How long a client that asked for it may take to come back. */
export const RESUME_MS = 15_000;

/** The state as it ended, and where in its stream. */
export type Ended = {
  readonly state: Generation;
  readonly revision: number;
  readonly position: bigint | undefined;
};

export type UnderWay = ReturnType<typeof underWay>;

/** A generation while this process is at work on it: what came so far, and who waits for it. */
export function underWay(clock: Pick<Clock, 'sleep'>, options: { readonly resumable: boolean }) {
  const parts: Shown[] = [];
  const calledOff = new AbortController();
  const ended = Promise.withResolvers<Ended>();
  // A generation whose client is gone may fail with nobody waiting.
  ended.promise.catch(() => undefined);
  let isEnded = false;
  let waiting = 0;
  let moved = Promise.withResolvers<void>();
  let comingBack = new AbortController();

  const wake = () => {
    const before = moved;
    moved = Promise.withResolvers();
    before.resolve();
  };
  const callOff = (by: EndedBy) => {
    if (!isEnded && !calledOff.signal.aborted) calledOff.abort(by);
  };
  const left = async () => {
    if (isEnded || waiting > 0) return;
    if (options.resumable) {
      comingBack = new AbortController();
      const { signal } = comingBack;
      await clock.sleep(RESUME_MS, signal);
      if (signal.aborted) return;
    }
    callOff('disconnect');
  };

  return {
    /** Aborts with an `EndedBy` as its reason. */
    signal: calledOff.signal,
    ended: ended.promise,
    callOff,
    show: (part: Shown): void => {
      parts.push(part);
      wake();
    },
    end: (how: Ended): void => {
      isEnded = true;
      ended.resolve(how);
      wake();
    },
    fail: (error: unknown): void => {
      isEnded = true;
      ended.reject(error);
      wake();
    },
    /** Somebody waits for it, until the function that this answers is called. */
    attach: (): (() => void) => {
      waiting += 1;
      comingBack.abort(null);
      let isHere = true;
      return () => {
        if (!isHere) return;
        isHere = false;
        waiting -= 1;
        void left();
      };
    },
    /** Each part with its number, from `from` on, until the end or until `signal` aborts. */
    read: async function* (from: number, signal: AbortSignal) {
      const gone = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => gone.resolve(), { once: true });
      for (let next = from; !signal.aborted;) {
        const part = parts[next];
        if (part !== undefined) {
          yield { number: next, part };
          next += 1;
        } else if (isEnded) return;
        else await Promise.race([moved.promise, gone.promise]);
      }
    },
  };
}
