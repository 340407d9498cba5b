import { type CborValue, decode, encode } from '#client/cbor.ts';
import { MOST_PREVIEW_BYTES } from '#client/protocol.ts';
import { COLOURS } from './colours.ts';

// What the console says in `presence` and `preview` frames; docs/live-protocol.md describes it.

/** Positions are in the text that the server has acknowledged. */
export type Presence = {
  readonly name: string;
  /** One of eight, which a page may show or not. */
  readonly colour: number;
  readonly section: string;
  readonly head: number;
  readonly anchor: number;
  /** Where the selection begins in another section. */
  readonly anchorSection?: string | undefined;
};

export type Preview = { readonly edits: readonly PreviewedEdit[] };
export type PreviewedEdit = {
  readonly section: string;
  readonly at: number;
  readonly deleted: number;
  readonly text: string;
};

const MOST_NAME = 80;

export const presenceBytes = (presence: Presence): Uint8Array =>
  encode({ ...presence, name: presence.name.slice(0, MOST_NAME) });

/** More than can be sent is not shown before it is there. */
export function previewBytes(edits: readonly PreviewedEdit[]): Uint8Array {
  const bytes = encode({ edits });
  return bytes.length <= MOST_PREVIEW_BYTES ? bytes : encode({ edits: [] });
}

/** `undefined`: somebody's client means something else by it. */
export function presenceFrom(bytes: Uint8Array): Presence | undefined {
  const value = mapFrom(bytes);
  const { name, colour, section, head, anchor, anchorSection } = value;
  if (typeof name !== 'string' || typeof section !== 'string') return undefined;
  if (!isCount(colour) || !isCount(head) || !isCount(anchor)) return undefined;
  return {
    name: name.slice(0, MOST_NAME),
    colour: colour % COLOURS,
    section,
    head,
    anchor,
    ...(typeof anchorSection === 'string' && { anchorSection }),
  };
}

export function previewFrom(bytes: Uint8Array): Preview | undefined {
  const { edits } = mapFrom(bytes);
  if (!Array.isArray(edits)) return undefined;
  return { edits: (edits as readonly unknown[]).filter(isEdit) };
}

function mapFrom(bytes: Uint8Array): Readonly<Record<string, CborValue>> {
  try {
    const value = decode(bytes);
    return isMap(value) ? value : {};
  } catch {
    return {};
  }
}

const isMap = (value: unknown): value is Readonly<Record<string, CborValue>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

const isEdit = (value: unknown): value is PreviewedEdit =>
  isMap(value) &&
  typeof value['section'] === 'string' &&
  typeof value['text'] === 'string' &&
  isCount(value['at']) &&
  isCount(value['deleted']);
