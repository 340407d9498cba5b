import { type CborValue, decode, encode } from './cbor.ts';
import { type ClientFrame, type Hello, type ServerFrame, closeCodes } from './protocol.ts';

export type LinkHandlers = {
  readonly hello: () => Promise<Hello>;
  /** Frames come one after the other, each when the one before it was taken. */
  readonly frame: (frame: ServerFrame) => Promise<void> | void;
  /** `forGood` where coming back would not help. */
  readonly closed: (code: number, reason: string, forGood: boolean) => void;
};

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;

/** There is no use in coming back with the same credential or actor. */
const final: ReadonlySet<number> = new Set([
  closeCodes.badFrame,
  closeCodes.unauthenticated,
  closeCodes.forbidden,
  closeCodes.notFound,
  closeCodes.replaced,
  closeCodes.erased,
  closeCodes.quarantined,
]);

/** A connection that comes back by itself, later and later, and never all clients at once. */
export class Link {
  readonly #url: string | (() => string);
  readonly #handlers: LinkHandlers;
  #socket: WebSocket | undefined;
  #isWelcome = false;
  #failures = 0;
  #isClosed = false;
  /** The server said that there is no use in coming back. */
  #isOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #line: Promise<void> = Promise.resolve();

  constructor(url: string | (() => string), handlers: LinkHandlers) {
    this.#url = url;
    this.#handlers = handlers;
  }

  /** Whether the server has said welcome. */
  get isOpen(): boolean {
    return this.#isWelcome && this.#socket?.readyState === WebSocket.OPEN;
  }

  open(): void {
    const socket = new WebSocket(typeof this.#url === 'string' ? this.#url : this.#url());
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => void this.#greet(socket));
    socket.addEventListener('message', ({ data }) => this.#received(socket, data as ArrayBuffer));
    socket.addEventListener('close', ({ code, reason }) => this.#ended(socket, code, reason));
  }

  /** Begins anew at once. */
  reopen(): void {
    if (this.#isClosed || this.#isOver) return;
    clearTimeout(this.#timer);
    this.#failures = -1;
    const socket = this.#socket;
    if (socket === undefined) return this.open();
    // A network that is gone would let the closing wait for a minute.
    this.#ended(socket, 1000, '');
    socket.close(1000);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
  }

  /** `false` where there is nobody to send it to. */
  send(frame: ClientFrame): boolean {
    if (!this.isOpen) return false;
    this.#socket?.send(bytesOf(frame));
    return true;
  }

  async #greet(socket: WebSocket): Promise<void> {
    try {
      socket.send(bytesOf(await this.#handlers.hello()));
    } catch {
      // No credential now: as if there were no connection.
      socket.close(1000);
    }
  }

  #received(socket: WebSocket, data: ArrayBuffer): void {
    const frame = decode(new Uint8Array(data)) as unknown as ServerFrame;
    this.#line = this.#line
      .then(async () => {
        if (socket !== this.#socket) return;
        if (frame.t === 'welcome') this.#isWelcome = true;
        await this.#handlers.frame(frame);
        // Whoever cannot take in what the server says would come back without a pause, for ever.
        if (frame.t === 'welcome') this.#failures = 0;
      })
      // What cannot be taken in leaves a copy that is not the document: come back and catch up.
      .catch(() => socket.close(1000));
  }

  #ended(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.#socket) return;
    this.#isWelcome = false;
    this.#socket = undefined;
    this.#isOver = this.#isClosed || final.has(code);
    this.#handlers.closed(code, reason, this.#isOver);
    if (this.#isOver) return;
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++);
    const jittered = this.#failures <= 0 ? 0 : pause * (0.5 + Math.random() / 2);
    this.#timer = setTimeout(() => this.open(), jittered);
  }
}

const bytesOf = (frame: ClientFrame): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(encode(frame as unknown as CborValue));
