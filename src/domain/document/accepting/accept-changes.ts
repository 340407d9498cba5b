import type { DecisionContext } from '#domain/decider.ts';
import { mustMay } from '#domain/document/access.ts';
import { groupFor } from '#domain/document/changing.ts';
import type { AcceptChanges } from '#domain/document/commands.ts';
import { presentSections, reread } from '#domain/document/content.ts';
import type { ChangesApplied, DocumentEvent } from '#domain/document/events.ts';
import { LONGEST_DOCUMENT, LONGEST_SECTION } from '#domain/document/limits.ts';
import { folded, settled } from '#domain/document/live-content.ts';
import { applyChanges } from '#domain/document/replica.ts';
import type { DocumentState, LivingDocument } from '#domain/document/state.ts';
import { Rejected } from '#domain/rejected.ts';
import { acceptanceOf, aliasesOf, knownChange, lastOperation } from './acceptance.ts';
import { type KnownChanges, aliasesSeen } from './causality.ts';
import { type Effect, checkOperation, noEffect } from './check-operations.ts';
import type { InspectedChange } from './inspected.ts';
import { reconciling } from './reconciling.ts';

/**
 * Takes in changes that were made elsewhere, as they are and without folding them. Only what has
 * not come in before is taken, so that a client may send again whatever was not acknowledged.
 */
export function acceptChanges(
  { actor, changes, group }: AcceptChanges,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  const document = mustMay(state, context.principal, 'document.edit');
  if (document.status === 'archived') throw new Rejected('document/archived');
  const accepting: Accepting = { document, context, known: new Map(), effect: noEffect() };
  if (changes.some(({ chunk }) => chunk.actor !== actor)) throw new Rejected('change/wrong-actor');
  const fresh = changes.filter((change) => isNew(accepting, change));
  for (const change of fresh) take(accepting, change);
  if (fresh.length === 0) return [];
  mustBeWithinLimits(document, accepting.effect);

  const { effect } = accepting;
  const bytes = fresh.map((change) => change.bytes);
  const data: ChangesApplied = {
    changes: bytes,
    author: context.principal.member,
    at: Math.floor(context.now.getTime() / 1_000),
    size: effect.size,
    sections: [...effect.sections],
    ...(effect.isRetitled && { title: titleWith(document, bytes) }),
    group: groupFor(document, context, group),
    origin: 'person',
    live: true,
  };
  const applied = { type: 'ChangesApplied', data } as const;
  const unseen = [...accepting.known.values()].some(({ aliases }) => aliases < aliasesOf(document));
  return unseen ? [applied, ...reconciling(document, applied, context)] : [applied];
}

type Accepting = {
  readonly document: LivingDocument;
  readonly context: DecisionContext;
  /** The changes of this command that were taken so far. */
  readonly known: KnownChanges;
  readonly effect: Effect;
};

function isNew({ document }: Accepting, { hash, chunk: { actor, seq } }: InspectedChange): boolean {
  if (seq > countOf(document, actor)) return true;
  if (knownChange(document, hash) === undefined) throw new Rejected('change/sequence-taken');
  return false;
}

function countOf({ ledger: { actors, counts } }: LivingDocument, actor: string): number {
  return counts[actors.indexOf(actor)] ?? 0;
}

const MOST_SECONDS_AHEAD = 300;

function take(accepting: Accepting, { hash, chunk, operations }: InspectedChange): void {
  const { document, context, known, effect } = accepting;
  const { index } = acceptanceOf(document);
  if (chunk.seq !== countOf(document, chunk.actor) + known.size + 1) {
    throw new Rejected('change/sequence-gap');
  }
  if (chunk.time > context.now.getTime() / 1_000 + MOST_SECONDS_AHEAD) {
    throw new Rejected('change/from-the-future');
  }
  const deps = chunk.deps.map((dep) => known.get(dep) ?? knownChange(document, dep));
  if (deps.includes(undefined)) throw new Rejected('change/unknown-dependency');
  // Operations count on from what their author knew, and nobody knew more than there is.
  const before = deps.reduce((most, dep) => Math.max(most, dep?.maxOp ?? 0), 0);
  const most = [...known.values()].reduce((most, { maxOp }) => Math.max(most, maxOp), index.maxOp);
  if (chunk.count === 0 || chunk.startOp <= before || chunk.startOp > most + 1) {
    throw new Rejected('change/not-allowed');
  }
  for (const operation of operations) checkOperation(index, operation, effect);
  const aliases = Math.max(
    aliasesSeen(known, chunk.deps),
    aliasesSeen(acceptanceOf(document).known, chunk.deps),
  );
  known.set(hash, { maxOp: lastOperation(chunk), aliases });
}

/** Lengths of sections are those of the last fold; where they are close to a limit, it is folded. */
function mustBeWithinLimits({ content }: LivingDocument, { typed }: Effect): void {
  for (const isExact of [false, true]) {
    const { sections } = isExact ? settled(content) : folded(content);
    const lengths = new Map(sections.map(({ id, length }) => [id, length]));
    const grown = (id: (typeof sections)[number]['id']) =>
      (lengths.get(id) ?? 0) + (content.typed.get(id) ?? 0) + (typed.get(id) ?? 0);
    const tooLong = [...typed.keys()].some((id) => grown(id) > LONGEST_SECTION);
    const total = presentSections({ ...folded(content), sections }).reduce(
      (sum, { id }) => sum + grown(id),
      0,
    );
    if (!tooLong && total <= LONGEST_DOCUMENT) return;
    if (isExact && tooLong) throw new Rejected('section/too-long', { limit: LONGEST_SECTION });
    if (isExact) throw new Rejected('document/too-large', { limit: LONGEST_DOCUMENT });
  }
}

/** Of two titles at once only Automerge can tell which one it is. */
function titleWith({ content }: LivingDocument, changes: readonly Uint8Array[]): string {
  const replica = settled(content).replica.clone();
  try {
    applyChanges(replica, changes);
    return reread({ ...folded(content), replica }, new Set()).title;
  } finally {
    replica.free();
  }
}
