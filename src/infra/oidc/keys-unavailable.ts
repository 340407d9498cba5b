type Reason =
  | 'address-not-allowed'
  | 'connection'
  | 'timeout'
  | 'status'
  | 'too-large'
  | 'not-json'
  | 'other-issuer'
  | 'no-keys'
  | 'tried-just-now';

/** Whether a token is right cannot be said now, because its issuer's keys cannot be had. */
export class KeysUnavailable extends Error {
  /** Logged, where messages are not. */
  readonly code: Reason;

  constructor(code: Reason, options?: ErrorOptions) {
    super(`The keys of the identity provider cannot be fetched: ${code}`, options);
    this.name = 'KeysUnavailable';
    this.code = code;
  }
}
