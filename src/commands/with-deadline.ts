import type { Clock } from './ports.ts';

/** Gives work so long: then its signal aborts, and it ends as it sees fit. */
export async function withDeadline<Result>(
  { sleep }: Pick<Clock, 'sleep'>,
  ms: number,
  work: (late: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const [late, done] = [new AbortController(), new AbortController()];
  void sleep(ms, done.signal).then(() => done.signal.aborted || late.abort());
  try {
    return await work(late.signal);
  } finally {
    // Else every piece of work would leave a timer behind.
    done.abort(null);
  }
}
