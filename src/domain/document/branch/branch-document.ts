import type { DecisionContext } from '#domain/decider.ts';
import { changeWriter } from '#domain/document/change-writer.ts';
import { serverActor } from '#domain/document/changing.ts';
import type { BranchDocument } from '#domain/document/commands.ts';
import type { DocumentEvent } from '#domain/document/events.ts';
import { loadReplica } from '#domain/document/replica.ts';
import type { DocumentState } from '#domain/document/state.ts';
import { mustBeTitle } from '#domain/document/storable.ts';
import { GROUND, changesIn, record } from '#domain/document/undo/ledger.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import { type Inherited, inheritanceEvents } from './inheritance.ts';

/** Begins a document as another one was, from where both go on by themselves. */
export function branchDocument(
  { of: branchOf, title, access, folder, inherited }: BranchDocument,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  assertMay(context.principal, 'document.create');
  // Of its own, so that the branch and its document never write as the same actor.
  const actorSeed = context.derive('actor seed');
  if ('content' in state && state.actorSeed === actorSeed) return [];
  if (state.status === 'erased') throw new Rejected('document/erased');
  if (state.status !== 'missing') throw new Rejected('document/already-exists');
  if (title !== undefined) mustBeTitle(title);
  const named = title ?? inherited.title;
  const begun =
    named === inherited.title ? inherited : renamed(inherited, named, actorSeed, context);
  return [
    {
      type: 'DocumentCreated',
      data: { title: named, actorSeed, access, branchOf, ...(folder !== null && { folder }) },
    },
    ...inheritanceEvents(begun, changesIn(inherited.ledger)),
  ];
}

/** The name is what the branch begins with: nobody's to undo, and nothing that it merges back. */
function renamed(
  inherited: Inherited,
  title: string,
  actorSeed: string,
  { principal, now }: DecisionContext,
): Inherited {
  const original = loadReplica(inherited.saved);
  const replica = original.clone(serverActor({ actorSeed }, principal.member));
  original.free();
  const writer = changeWriter(replica, now);
  writer.setTitle(title);
  writer.commit();
  const saved = replica.save();
  replica.free();
  const ledger = structuredClone(inherited.ledger);
  const hand = { author: principal.member, origin: 'person' } as const;
  for (const { bytes } of writer.written)
    record(ledger, bytes, { owner: GROUND, elements: undefined, hand });
  return { ...inherited, saved, ledger };
}
