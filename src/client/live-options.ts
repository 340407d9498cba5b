import type { Store, Unsent } from './outbox.ts';
import type { ServerFrame } from './protocol.ts';

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

export type LiveNews =
  /** The text, the title or the rights are others. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'disconnected'; readonly code: number; readonly reason: string }
  /** The server will never take these in; the document is as it is without them. */
  | { readonly kind: 'lost'; readonly code: string; readonly unsent: readonly Unsent[] }
  | (Extract<ServerFrame, { readonly t: 'presence' | 'preview' }> & { readonly kind: 'glimpse' })
  | { readonly kind: 'left'; readonly session: string };
