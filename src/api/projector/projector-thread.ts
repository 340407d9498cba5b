import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { LogTampered } from '#domain/log-tampered.ts';
import { type OnError, backOff, follower } from '#projections/follower.ts';
import type { Clock, EventSource } from '#projections/ports.ts';
import type { FromProjector, ProjectorSettings, ToProjector } from './messages.ts';
import { progressElsewhere } from './progress-elsewhere.ts';
import type { Projector } from './projector.ts';

/** One that ends sooner is likely to end of the same again: each time it rests longer before. */
const SOUND_MS = 60_000;

/**
 * In a thread of its own, so that filling the views holds up nobody who asks. One that ends (for
 * want of memory, say) is started anew, and takes over its own leases.
 */
export function projectorThread(deps: {
  readonly source: EventSource;
  readonly clock: Clock;
  readonly settings: ProjectorSettings;
  /** Told of whatever goes wrong in following the log here. */
  readonly onError: OnError;
  /** Told of each thread that has ended, before another one is started. */
  readonly onEnded: OnError;
}): Projector {
  const { source, clock, settings, onEnded } = deps;
  const stopped = new AbortController();
  let thread: Worker | undefined;
  let failure: string | undefined;
  let running = Promise.resolve();

  const onError: OnError = (error) => {
    if (error instanceof LogTampered) failure ??= error.message;
    deps.onError(error);
  };
  const flow = follower(source, clock, onError);
  const send = (message: ToProjector) => thread?.postMessage(message);
  const progress = progressElsewhere(send);

  /** Resolves when it has ended. Throws what it threw. */
  const runOnce = async (onStarted: () => void): Promise<void> => {
    thread = new Worker(new URL('./thread.ts', import.meta.url), { workerData: settings });
    thread.on('message', (message: FromProjector) => {
      switch (message.type) {
        case 'started':
          onStarted();
          return;
        case 'moved':
          progress.take(message.lanes);
          return;
        case 'failed':
          failure = message.reason;
      }
    });
    progress.threadStarted();
    try {
      await once(thread, 'exit');
    } finally {
      thread = undefined;
    }
  };

  /** One that ends before it has started once is not started again: whoever starts the server is told. */
  const run = async ({ resolve, reject }: PromiseWithResolvers<void>): Promise<void> => {
    let hasStarted = false;
    const onStarted = () => {
      hasStarted = true;
      resolve();
    };
    for (let failures = 0; !stopped.signal.aborted;) {
      const began = clock.now().getTime();
      try {
        await runOnce(onStarted);
        if (!stopped.signal.aborted) throw new Error('The thread that fills the views has ended.');
      } catch (error) {
        if (!hasStarted) return reject(error);
        onEnded(error);
      }
      failures = clock.now().getTime() - began < SOUND_MS ? failures + 1 : 1;
      await clock.sleep(backOff(failures), stopped.signal);
    }
  };

  return {
    start: async () => {
      const started = Promise.withResolvers<void>();
      running = run(started);
      await started.promise;
    },
    stop: async () => {
      stopped.abort();
      send({ type: 'stop' });
      await Promise.all([running, flow.close()]);
    },
    nudge: () => send({ type: 'nudge' }),
    progress,
    flow,
    get failure() {
      return failure;
    },
  };
}
