const DAY_MS = 86_400_000;

/** Counters of a window live on after it, for calls that end late and for comparing with the log. */
export const COUNTERS_KEPT_MS = 75 * DAY_MS;

/** How long an ended reservation is remembered: a repeat that comes later finds nothing to change. */
export const ENDED_KEPT_MS = DAY_MS;
