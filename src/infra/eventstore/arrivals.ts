import { LogUnavailable } from '#commands/ports.ts';
import { bell } from '#infra/log/bell.ts';
import type { ReceivedEvent, Resolved, Subscription } from './client.ts';

export type Arrivals = {
  /** The next event that is here already. Throws what ended the subscription, after its last event. */
  take(): ReceivedEvent | undefined;
  /** The server has nothing more, and everything it sent has been taken. */
  readonly isAtEnd: boolean;
  /** Counts what happened: taken before `take`, it tells whether there was anything since. */
  readonly news: number;
  /** Resolves at the next event or other news after `since`, or when `signal` aborts. */
  next(since: number, signal: AbortSignal): Promise<void>;
  /** Looks again: something outside has changed what is waited for. */
  ring(): void;
  /** Unsubscribed, or the server would go on sending for as long as the connection lives. */
  leave(): Promise<void>;
};

/** Takes events from a subscription as they come, so that a slow taker makes the server wait. */
export function arrivals(subscription: Subscription): Arrivals {
  const rung = bell();
  let failure: unknown;
  let caughtUp = false;
  subscription.on('readable', () => rung.ring());
  subscription.on('caughtUp', () => {
    caughtUp = true;
    rung.ring();
  });
  for (const name of ['end', 'close'])
    subscription.on(name, () => {
      failure ??= new LogUnavailable('the subscription was closed');
      rung.ring();
    });
  // It does not resume by itself; unheard, its error would end the process.
  subscription.on('error', (error) => {
    failure ??= error;
    rung.ring();
  });

  return {
    take: () => {
      const event = (subscription.read() as Resolved | null)?.event;
      if (event === undefined && failure !== undefined) throw failure;
      return event;
    },
    get isAtEnd() {
      return caughtUp && subscription.readableLength === 0;
    },
    get news() {
      return rung.rings;
    },
    next: (since, signal) => rung.next(since, signal),
    ring: () => rung.ring(),
    leave: async () => {
      await subscription.unsubscribe().catch(() => undefined);
      // What is on its way is thrown away: a call with anything unread never ends.
      subscription.removeAllListeners('readable');
      subscription.resume();
    },
  };
}
