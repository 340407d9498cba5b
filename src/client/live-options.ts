import type { Store, Unsent } from './outbox.ts';
import type { Other, ServerFrame } from './protocol.ts';
import type { TextSplice } from './text-splices.ts';

export type LiveOptions = {
  /** `wss://…/v1/documents/{id}/live`, where it is at each connection. */
  readonly url: string | (() => string);
  /** Asked at each connection: a key, a token, or a fresh ticket. */
  readonly credential: () => Promise<{ readonly credential: string } | { readonly ticket: string }>;
  /** Without one, what was not acknowledged is lost when the process ends. */
  readonly store?: Store;
  readonly device?: string;
  /** Typing of so long becomes one change, in milliseconds. */
  readonly coalesceMs?: number;
  readonly onEvent?: (event: LiveNews) => void;
};

/** Events that take effect together. */
export type Heard = {
  readonly member: string | undefined;
  /** `undefined` where the sections are to be looked at. */
  readonly splices: readonly TextSplice[] | undefined;
};

export type LiveNews =
  /** The text, the title or the rights are others; `heard`, where the server told it. */
  | { readonly kind: 'changed'; readonly heard?: Heard }
  /** What is shown is to be looked at as a whole. */
  | {
      readonly kind: 'connected';
      readonly session: string;
      readonly member: string;
      readonly others: readonly Other[];
    }
  /** What was typed until now is under way; `acknowledged` tells of it by its number. */
  | { readonly kind: 'sent' | 'acknowledged'; readonly n: number }
  | { readonly kind: 'disconnected'; readonly code: number; readonly reason: string }
  /** The server will never take these in; the document is as it is without them. */
  | { readonly kind: 'lost'; readonly code: string; readonly unsent: readonly Unsent[] }
  | (Extract<ServerFrame, { readonly t: 'presence' | 'preview' }> & { readonly kind: 'glimpse' })
  | { readonly kind: 'left'; readonly session: string };
