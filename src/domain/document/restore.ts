import type { DecisionContext } from '#domain/decider.ts';
import { once } from '#domain/once.ts';
import { Rejected } from '#domain/rejected.ts';
import { mustMay } from './access.ts';
import type { ChangeWriter } from './change-writer.ts';
import { changing, serverActor } from './changing.ts';
import type { RestoreDocument } from './commands.ts';
import type { Content, Section, SectionText } from './content.ts';
import type { DocumentEvent } from './events.ts';
import { MOST_DELETED } from './limits.ts';
import { cutFromOf } from './reading.ts';
import { type RestorePlan, type Target, restorePlan } from './restore-plan.ts';
import { removeOthers, restoreText } from './restore-text.ts';
import type { DocumentState } from './state.ts';
import { textComparison } from './text-diff.ts';
import {
  type ComingBack,
  type PastCharacters,
  comingBack,
  pastCharacters,
} from './undo/coming-back.ts';
import { followText } from './undo/follow-text.ts';
import { isMerged } from './undo/ledger.ts';
import { movingSteps, revivingSteps } from './undo/operations.ts';
import { stepWriter } from './undo/write-steps.ts';

/**
 * Only what differs is written, so that the rest keeps its authors; deleted sections come back as
 * themselves, and so do characters: whoever undoes their deletion later must not see them twice.
 */
export function restoreDocument(
  { to, revision }: RestoreDocument,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  const document = mustMay(state, context.principal, 'document.restore');
  if (document.status === 'archived') throw new Rejected('document/archived');
  const actor = serverActor(document, context.principal.member);
  const why = { origin: 'restore', restored: revision } as const;
  return changing(document, context, why, (content, writer) => {
    const past = once(() => {
      const sections = new Set(to.sections.map(({ id }) => id));
      return pastCharacters(content, document.ledger, to.known, sections);
    });
    const cutFrom = (isMerged(document.ledger) && past().cutFrom) || cutFromOf(document);
    const plan = restorePlan(to, content, cutFrom, past);
    // First of all: it is written from what the document was before.
    const back = bringBack(plan.targets, content, past, actor, writer);
    if (to.title !== content.title) writer.setTitle(to.title);
    writePlan(plan, back, content, writer);
    followText(content, document, writer);
  });
}

/** By text object: which characters come back. */
type Back = ReadonlyMap<string, ComingBack>;

function bringBack(
  targets: readonly Target[],
  content: Content,
  past: () => PastCharacters,
  actor: string,
  writer: ChangeWriter,
): Back {
  const changed = targets.filter(({ isChanged }) => isChanged).flatMap(({ parts }) => parts);
  if (changed.length === 0) return new Map();
  const back = changed.map((section) => comingBack(past(), section));
  const count = back.reduce((sum, { revived }) => sum + revived.length, 0);
  // So much is faster written anew than character by character.
  if (count > MOST_DELETED) return new Map();
  const { saved } = past();
  const { ids, write } = stepWriter(content, saved, actor, writer);
  write(
    back.flatMap(({ revived }) => revivingSteps(saved, revived, ids)),
    'revived',
  );
  write(
    back.flatMap((one) => movingSteps(saved, one, ids)),
    'moves',
  );
  return new Map(back.map((one) => [one.object, one]));
}

function writePlan(
  { targets, others }: RestorePlan,
  back: Back,
  content: Content,
  writer: ChangeWriter,
): void {
  const compare = textComparison();
  for (const { target, parts, isChanged } of targets) {
    if (parts.length === 0) writer.addSection({ ...target, present: true });
    for (const part of parts) showAgain(part, target, writer);
    if (!isChanged) continue;
    const shown = parts.map(({ id, object }) => ({ id, object, present: true }));
    for (const part of shown) {
      const coming = back.get(part.object);
      writer.size.inserted += coming?.inserted ?? 0;
      if (coming) removeOthers(part, coming, writer);
    }
    restoreText(content, compare, shown, target.text, writer);
  }
  for (const section of others) hide(section, writer);
}

function showAgain(part: Section, { id, order }: SectionText, writer: ChangeWriter): void {
  if (!part.present) writer.setPresent(part, true);
  if (part.id === id && part.order !== order) writer.setOrder(id, order);
}

function hide(section: Section, writer: ChangeWriter): void {
  if (section.present) {
    writer.setPresent(section, false);
    return;
  }
  // It is said again, lest its text be there twice when its deletion is undone; Automerge writes
  // nothing where nothing changes.
  const unseen = { ...section, length: 0 };
  writer.setPresent(unseen, true);
  writer.setPresent(unseen, false);
}
