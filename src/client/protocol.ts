// What clients and server say to each other about one document, frame by frame. Every frame is one
// CBOR map; `docs/live-protocol.md` says when each is sent and what follows from it.

/** The version of the protocol that both sides speak. */
export const PROTOCOL = 1;

export type Hello = {
  readonly t: 'hello';
  readonly protocol: typeof PROTOCOL;
  /** An API key, an access token, or a ticket of `POST /v1/documents/{id}/live-tickets`. */
  readonly credential?: string;
  readonly ticket?: string;
  /** The revision up to which the client has everything; without it, it gets the document. */
  readonly since?: number;
  /** Whom it writes as; without it, whoever may edit gets a new actor. */
  readonly actor?: { readonly id: Uint8Array; readonly token: string };
  /** What the member calls the device. */
  readonly device?: string;
};

/** Automerge changes of the client's actor, in their order; answered by `ack` or `refused`. */
export type Changes = {
  readonly t: 'changes';
  /** Counts what the client asks for, so that answers find it. */
  readonly n: number;
  /** What undo takes back at once: a UUID. */
  readonly group: Uint8Array;
  readonly changes: readonly Uint8Array[];
};

/** Edits as `POST /v1/documents/{id}/edits` takes them, for what is no typing. */
export type EditRequest = {
  readonly t: 'edit';
  readonly n: number;
  readonly edits: readonly object[];
  readonly baseRevision?: number;
};

export type UndoRequest = {
  readonly t: 'undo' | 'redo';
  readonly n: number;
  readonly scope: 'mine' | 'document';
  readonly group?: Uint8Array;
};

/** Of `data`; a longer one is no frame of the protocol. */
export const MOST_PRESENCE_BYTES = 1_024;
export const MOST_PREVIEW_BYTES = 8_192;

/** Where the member is and what is being typed: shown to the others, kept nowhere. */
export type Ephemeral = { readonly t: 'presence' | 'preview'; readonly data: Uint8Array };

export type ClientFrame = Hello | Changes | EditRequest | UndoRequest | Ephemeral;

export type Welcome = {
  readonly t: 'welcome';
  readonly session: string;
  readonly member: string;
  /** The revision that the client has when it took in what comes with this frame. */
  readonly revision: number;
  readonly rights: readonly string[];
  readonly actor?: { readonly id: Uint8Array; readonly token?: string };
  /** The whole document in bytes that Automerge loads, where `since` is missing or too far back. */
  readonly snapshot?: Uint8Array;
  /** Otherwise what happened since: a CBOR list of `LiveEvent`, in DEFLATE (RFC 1951). */
  readonly events?: Uint8Array;
  readonly others: readonly Other[];
};

export type Other = {
  readonly session: string;
  readonly member: string;
  readonly presence?: Uint8Array;
};

/** Something that happened to the document. */
export type LiveEvent = {
  readonly revision: number;
  readonly type: string;
  readonly member: string;
  /** Automerge changes, to be applied in their order. */
  readonly changes?: readonly Uint8Array[];
  readonly group?: string;
  readonly origin?: string;
};

export type Events = { readonly t: 'events'; readonly events: readonly LiveEvent[] };

/**
 * Done and durable. What the client sent as changes is the document's `revision`; it is not sent
 * back. `known`: no events are missing here, because it was there before or was told as `events`.
 */
export type Ack = {
  readonly t: 'ack';
  readonly n: number;
  readonly revision: number;
  readonly known?: true;
};

/** Not done, and never will be. `code` is one of the catalogue's refusals. */
export type Refused = {
  readonly t: 'refused';
  readonly n: number;
  readonly code: string;
  readonly detail: string;
};

/** The rights have changed; whoever may edit from now on has an actor. */
export type Rights = {
  readonly t: 'rights';
  readonly rights: readonly string[];
  readonly actor?: Welcome['actor'];
};

export type OthersFrame =
  | ({ readonly t: 'presence' | 'preview'; readonly data: Uint8Array } & Omit<Other, 'presence'>)
  | { readonly t: 'left'; readonly session: string };

export type ServerFrame = Welcome | Events | Ack | Refused | Rights | OthersFrame;

/** Why the server ends a connection; the close reason is a code of the catalogue or says more. */
export const closeCodes = {
  /** The server stops; come back at once. */
  goingAway: 1001,
  /** The log cannot be reached; come back later. */
  tryAgainLater: 1013,
  /** A frame that is none. */
  badFrame: 4400,
  /** No sound credential, or one that is sound no more. */
  unauthenticated: 4401,
  /** No right to this document any more. */
  forbidden: 4403,
  /** There is no such document for this member. */
  notFound: 4404,
  /** The client did not say hello, or reads too slowly; come back and catch up. */
  tooSlow: 4408,
  /** The actor writes through another connection now. */
  replaced: 4409,
  /** The content was erased. */
  erased: 4410,
  /** A change that no sound client makes: it was set aside, and the actor writes no more. */
  quarantined: 4422,
  /** Too many connections, or more frames than anybody types. */
  tooMany: 4429,
} as const;
