import type { Usage } from '#domain/usage.ts';

/** Why an attempt failed, whichever provider it was, and whether the same could go well later. */
const kinds = {
  'rate-limited': { retryable: true, says: 'The provider takes no more requests for now.' },
  'quota-exhausted': { retryable: false, says: 'The account at the provider is used up.' },
  overloaded: { retryable: true, says: 'The provider failed or is overloaded.' },
  conflict: { retryable: true, says: 'The provider was busy with a conflicting request.' },
  timeout: { retryable: true, says: 'The provider did not answer in time.' },
  unreachable: { retryable: true, says: 'The provider could not be reached.' },
  cut: { retryable: true, says: 'The provider ended the answer before it was finished.' },
  malformed: { retryable: true, says: 'The provider sent what could not be read.' },
  refused: { retryable: false, says: 'The provider refused to answer this.' },
  'too-long': { retryable: false, says: 'The prompt is longer than the model can read.' },
  'invalid-request': { retryable: false, says: 'The provider does not take this request.' },
  auth: { retryable: false, says: 'The provider does not accept the key.' },
  aborted: { retryable: false, says: 'The attempt was called off.' },
} as const;

export type ModelErrorKind = keyof typeof kinds;

/**
 * An attempt that did not come to its end. Its message never holds what was asked, answered or
 * sent as a key: it is logged.
 */
export class ModelError extends Error {
  readonly kind: ModelErrorKind;
  readonly retryable: boolean;
  /** How long the provider asks to wait. */
  readonly retryAfterMs: number | undefined;
  /** The status of the provider's answer, where there was one. */
  readonly status: number | undefined;
  /**
   * What is owed all the same; `undefined` where the provider had not begun to answer. Then nothing
   * is known: what a timeout or a lost connection cost is for the ledger to assume.
   */
  readonly usage: Usage | undefined;

  constructor(
    kind: ModelErrorKind,
    more: {
      readonly retryAfterMs?: number | undefined;
      readonly status?: number | undefined;
      readonly usage?: Usage | undefined;
    } = {},
  ) {
    super(kinds[kind].says);
    this.name = 'ModelError';
    this.kind = kind;
    this.retryable = kinds[kind].retryable;
    this.retryAfterMs = more.retryAfterMs;
    this.status = more.status;
    this.usage = more.usage;
  }
}

/** The same failure, with what the attempt took until then. */
export const withUsage = ({ kind, retryAfterMs, status }: ModelError, usage: Usage): ModelError =>
  new ModelError(kind, { retryAfterMs, status, usage });
