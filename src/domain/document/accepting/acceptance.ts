import { serverActor } from '#domain/document/changing.ts';
import type { ContentEvent } from '#domain/document/events.ts';
import { settled } from '#domain/document/live-content.ts';
import { hashOf, headsOf, maxOpOf } from '#domain/document/replica.ts';
import type { LivingDocument } from '#domain/document/state.ts';
import { type KnownChange, type KnownChanges, aliasesSeen, know } from './causality.ts';
import { type ContentIndex, indexOf, takeOperations } from './content-index.ts';
import { type InspectedChange, inspected, takeInspected } from './inspected.ts';

/** What it takes to accept the changes of others without folding them. */
export type Acceptance = { readonly index: ContentIndex; readonly known: KnownChanges };

/** Made when the first change comes in, and carried on from there by `takeIntoAcceptance`. */
export function acceptanceOf(document: LivingDocument): Acceptance {
  const { content } = document;
  content.acceptance ??= begun(document);
  return content.acceptance;
}

function begun(document: LivingDocument): Acceptance {
  const content = settled(document.content);
  const known: KnownChanges = new Map();
  const heads = headsOf(content.replica);
  // Of several nobody knows which of them was made before which alias.
  const aliases = heads.length === 1 ? aliasesOf(document) : -1;
  for (const head of heads) {
    know(known, head, { maxOp: maxOpOf(content.replica, head) ?? 0, aliases });
  }
  return { index: indexOf(content), known };
}

/**
 * Counts what lets characters be other elements than they were: cuts, and what the server writes
 * for undo. A change whose author has not seen all of them may refer to elements that nobody sees
 * any more.
 */
export const aliasesOf = ({ ledger, cuts }: LivingDocument): number =>
  ledger.settlings + cuts.length;

/** A change that is part of the document, however old. */
export function knownChange(document: LivingDocument, hash: string): KnownChange | undefined {
  const found = acceptanceOf(document).known.get(hash);
  if (found !== undefined) return found;
  const maxOp = maxOpOf(settled(document.content).replica, hash);
  return maxOp === undefined ? undefined : { maxOp, aliases: -1 };
}

/** `document` is the one with the event in it. */
export function takeIntoAcceptance(document: LivingDocument, { data }: ContentEvent): void {
  const { acceptance } = document.content;
  if (acceptance === undefined) return;
  const { index, known } = acceptance;
  // Of what live clients send nothing is the server's.
  const isLive = 'live' in data && data.live === true;
  const server = isLive ? undefined : serverActor(document, data.author);
  for (const bytes of data.changes) {
    // What the server wrote may be larger than what it takes: a cut moves a section's whole tail.
    const { hash, chunk, operations } =
      takeInspected(bytes) ?? inspected(bytes, hashOf(bytes), Infinity);
    takeOperations(index, operations);
    const maxOp = lastOperation(chunk);
    index.maxOp = Math.max(index.maxOp, maxOp);
    // The server writes on top of everything.
    const isServer = chunk.actor === server;
    const aliases = isServer ? aliasesOf(document) : aliasesSeen(known, chunk.deps);
    know(known, hash, { maxOp, aliases });
  }
}

export const lastOperation = ({ startOp, count }: InspectedChange['chunk']): number =>
  startOp + count - 1;
