import { decode } from '#client/cbor.ts';
import type { ClientFrame, ServerFrame } from '#client/protocol.ts';

type Waiting = { readonly frame: ServerFrame; readonly deliver: () => void };

/** The network to one client: frames wait here, in their order, until they may pass. */
export class Gate {
  /** Asked of the first that waits; behind a frame that may not pass wait all others. */
  mayPass: (frame: ServerFrame) => boolean = () => true;
  /** The revision of the newest acknowledgement that came, whether or not it has passed. */
  acknowledged = -1;
  /** Why the server did not take what was typed. */
  lost: string | undefined;
  readonly #unanswered = new Set<number>();
  #waiting: Waiting[] = [];
  #socket: HeldSocket | undefined;
  #isCaughtUp = false;

  /** The server has answered everything that it was sent. */
  get isAnswered(): boolean {
    return this.#isCaughtUp && this.#unanswered.size === 0;
  }

  /** The client took in what it missed, and sends again what may have been lost. */
  caughtUp(): void {
    this.#isCaughtUp = true;
  }

  /** The next socket of this process is this client's. */
  expect(): void {
    HeldSocket.next = this;
  }

  connected(socket: HeldSocket): void {
    this.#socket = socket;
    this.#waiting = [];
    this.#unanswered.clear();
  }

  sent(frame: ClientFrame): void {
    if (frame.t === 'changes') this.#unanswered.add(frame.n);
  }

  take(socket: HeldSocket, waiting: Waiting): void {
    if (socket !== this.#socket) return;
    const { frame } = waiting;
    if (frame.t === 'ack' || frame.t === 'refused') this.#unanswered.delete(frame.n);
    if (frame.t === 'ack') this.acknowledged = Math.max(this.acknowledged, frame.revision);
    this.#waiting.push(waiting);
    this.pump();
  }

  pump(): void {
    for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
      if (!this.mayPass(first.frame)) return;
      this.#waiting.shift();
      first.deliver();
    }
  }

  /** What was on its way is lost. */
  cut(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#isCaughtUp = false;
    this.#waiting = [];
  }
}

/** The socket of Node, behind a gate. */
export class HeldSocket extends WebSocket {
  static next = new Gate();
  readonly #gate = HeldSocket.next;

  constructor(url: string | URL) {
    super(url);
    this.#gate.connected(this);
  }

  override send(data: Uint8Array<ArrayBuffer>): void {
    this.#gate.sent(decode(data) as unknown as ClientFrame);
    super.send(data);
  }

  override addEventListener(
    type: string,
    listener: Parameters<EventTarget['addEventListener']>[1],
  ) {
    if (type !== 'message' || typeof listener !== 'function') {
      return super.addEventListener(type, listener);
    }
    super.addEventListener('message', (event) => {
      const frame = decode(new Uint8Array(event.data as ArrayBuffer)) as unknown as ServerFrame;
      this.#gate.take(this, { frame, deliver: () => listener(event) });
    });
  }
}
