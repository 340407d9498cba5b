/** Of what concerns nobody a consumer hears this often, and so often a checkpoint follows it. */
export const LAZY_MS = 1_000;

/** The next of the moments at which all do together what they put off; both in milliseconds since 1970. */
export const lazyMomentAfter = (ms: number): number => (Math.floor(ms / LAZY_MS) + 1) * LAZY_MS;
