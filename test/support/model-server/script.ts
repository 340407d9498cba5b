/** What the double of a provider answers to one request, whichever protocol the request speaks. */
export type Script = {
  /** As they are sent, a delta each. */
  readonly text?: readonly string[];
  readonly toolCalls?: readonly {
    readonly id: string;
    readonly name: string;
    /** The arguments' JSON, a delta each. */
    readonly arguments: readonly string[];
  }[];
  readonly finish?: 'stop' | 'length' | 'tool-calls' | 'filtered';
  readonly usage?: ScriptedUsage | 'missing';
  readonly fault?: Fault;
};

/** In our terms: input with what was read from and written to a cache. */
export type ScriptedUsage = {
  readonly input: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  readonly output: number;
  readonly reasoning?: number;
};

/** `after`: how many deltas are sent before it happens. */
export type Fault =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** The provider's own word for it. */
      readonly code?: string;
      readonly message?: string;
    }
  /** Silence; with `after: 0` not even a status. */
  | { readonly kind: 'stall'; readonly after: number }
  /** The connection breaks. */
  | { readonly kind: 'cut'; readonly after: number }
  /** The answer ends as if it were whole. */
  | { readonly kind: 'end'; readonly after: number }
  /** A chunk that is no JSON. */
  | { readonly kind: 'malformed'; readonly after: number }
  /** An error in the middle of an answer that began well. */
  | { readonly kind: 'error'; readonly after: number; readonly code: string }
  | { readonly kind: 'slow'; readonly everyMs: number }
  /** Nothing more until this resolves, and then the rest. */
  | { readonly kind: 'wait'; readonly after: number; readonly until: Promise<void> }
  | { readonly kind: 'redirect'; readonly to: string };

/** One event of a stream, as its protocol writes it; `delta` ones carry a piece of the answer. */
export type WireEvent = { readonly text: string; readonly isDelta: boolean };

/** One of the protocols that providers speak. */
export type WireProtocol = {
  readonly path: string;
  readonly events: (script: Script, model: string) => WireEvent[];
  readonly error: (code: string, message: string) => object;
  /** How an error is told in the middle of a stream. */
  readonly errorEvent: (code: string) => string;
  /** A chunk that is cut in its middle. */
  readonly malformed: string;
};
