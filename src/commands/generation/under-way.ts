import type { Clock } from '#commands/ports.ts';
import type { Answer } from '#domain/generation/asked.ts';
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

/** What a client is shown of a generation, wherever that is under way. */
export type Watched = Pick<UnderWay, 'read' | 'ended' | 'attach'>;

/** In place of all that was shown before. */
export const shownAnew = ({ text, toolCalls }: Answer): readonly Shown[] => [
  { type: 'again' },
  ...(text === '' ? [] : [{ type: 'text', text } as const]),
  ...toolCalls.map((call, index) => ({ type: 'tool-call', index, ...call }) as const),
];

/** A generation while this process is at work on it: what came so far, and who waits for it. */
export function underWay(
  clock: Pick<Clock, 'sleep'>,
  options: {
    readonly resumable: boolean;
    /** How long somebody may take to come back whom another process showed it to. */
    readonly awaitedElsewhereForMs?: (() => Promise<number>) | undefined;
  },
) {
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
  const over = () => {
    isEnded = true;
    // Nothing is left to call off, and a timer would keep a process that stops alive.
    comingBack.abort(null);
    wake();
  };
  const callOff = (by: EndedBy) => {
    if (!isEnded && !calledOff.signal.aborted) calledOff.abort(by);
  };
  const left = async () => {
    if (isEnded || waiting > 0) return;
    if (options.resumable) {
      comingBack = new AbortController();
      const { signal } = comingBack;
      for (let ms = RESUME_MS; ms > 0; ms = (await options.awaitedElsewhereForMs?.()) ?? 0) {
        await clock.sleep(ms, signal);
        if (signal.aborted) return;
      }
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
      ended.resolve(how);
      over();
    },
    fail: (error: unknown): void => {
      ended.reject(error);
      over();
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
    /** What came from `from` on, once there is some or it is over; else nothing, after `withinMs`. */
    since: async (
      from: number,
      withinMs: number,
    ): Promise<{ readonly parts: readonly Shown[]; readonly isEnded: boolean }> => {
      if (parts.length <= from && !isEnded) {
        const done = new AbortController();
        await Promise.race([moved.promise, clock.sleep(withinMs, done.signal)]);
        done.abort(null);
      }
      return { parts: parts.slice(from), isEnded };
    },
    /** Each part with its number, from `from` on, until the end or until `signal` aborts. */
    read: async function* (from: number, signal: AbortSignal) {
      const gone = Promise.withResolvers<void>();
      const leave = () => gone.resolve();
      signal.addEventListener('abort', leave, { once: true });
      try {
        for (let next = from; !signal.aborted;) {
          const part = parts[next];
          if (part !== undefined) {
            yield { number: next, part };
            next += 1;
          } else if (isEnded) return;
          else await Promise.race([moved.promise, gone.promise]);
        }
      } finally {
        signal.removeEventListener('abort', leave);
      }
    },
  };
}
