/** The server ended the connection for good; `docs/live-protocol.md` lists the codes. */
export class LiveRefused extends Error {
  readonly code: number;

  constructor(code: number, reason: string) {
    super(reason);
    this.name = 'LiveRefused';
    this.code = code;
  }
}
