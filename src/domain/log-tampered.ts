/** The log does not hold what it held before: a restored, replaced or altered log. */
export class LogTampered extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(what, options);
    this.name = 'LogTampered';
  }
}
