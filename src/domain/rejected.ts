/** Every reason the domain can refuse a command, and what to tell the caller. */
const reasons = {
  'command/reused': 'This idempotency key was used before with another request.',
  'right/missing': 'Your roles and the access list do not allow this.',
  'document/not-found': 'There is no such document.',
  'document/already-exists': 'The document already exists.',
  'document/archived': 'The document is archived and can no longer change.',
  'document/erased': 'The content of this document was erased.',
} as const;

export type RejectionCode = keyof typeof reasons;

/** The domain's "no". `details` may name limits, fields and ids, never content. */
export class Rejected extends Error {
  readonly code: RejectionCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: RejectionCode, details: Readonly<Record<string, string | number>> = {}) {
    super(reasons[code]);
    this.name = 'Rejected';
    this.code = code;
    this.details = details;
  }
}
