/** When a connection is cut: the request never arrives, or its answer never does. */
export type Cut = 'before' | 'after';

/** What can be made to go wrong. Every switch may be changed while the server runs. */
export type Faults = {
  /** Asked for each append, counted from 1: whether all connections break at it, and when. */
  cut: (append: number) => Cut | undefined;
  /** Asked for each event that a subscription is about to send, counted from 1: break it here? */
  cutSubscription: (event: number) => boolean;
  /** Before an append is looked at, in milliseconds. */
  delayMs: number;
  /** Accepts everything and answers nothing, until it is thawed. */
  frozen: boolean;
  /** Who may call, in a `user:password`; everybody without. */
  credentials: string | undefined;
};

export const noFaults = (): Faults => ({
  cut: () => undefined,
  cutSubscription: () => false,
  delayMs: 0,
  frozen: false,
  credentials: undefined,
});
