/** The server ended the connection for good; `docs/live-protocol.md` lists the codes. */
export class LiveRefused extends Error {
  readonly code: number;

  constructor(code: number, reason: string) {
    super(reason);
    this.name = 'LiveRefused';
    this.code = code;
  }
}

/** The server will not do what was asked, nor take what was typed. */
export class Refusal extends Error {
  /** One of the catalogue's. */
  readonly code: string;

  constructor(code: string, detail: string) {
    super(detail);
    this.name = 'Refusal';
    this.code = code;
  }
}
