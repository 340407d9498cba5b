import { createHash } from 'node:crypto';
import type { Conflict, TwoSides } from '#domain/document/conflict/conflict.ts';
import { type ConcurrentEdit, conflictsOf } from '#domain/document/conflict/find-conflicts.ts';
import { NOTHING, standingWith } from '#domain/document/conflict/standing.ts';
import { documentAggregate } from '#domain/document/document.ts';
import {
  type ChangesApplied,
  type ContentEvent,
  type DocumentEvent,
  contentEvents,
} from '#domain/document/events.ts';
import { freeDocument } from '#domain/document/reading.ts';
import type { DocumentState } from '#domain/document/state.ts';
import type { SectionId } from '#domain/ids.ts';

export type ToldConflict = {
  readonly kind: string;
  readonly section: SectionId | null;
  /** Revisions, the newest first. */
  readonly with: readonly number[];
  readonly words?: TwoSides;
  /** The revision that deleted what the other wrote in. */
  readonly goneBy?: number;
};
export type Conflicts = ReadonlyMap<number, readonly ToldConflict[]>;

type Ended = { readonly revision: number; readonly to: number; readonly type: string };

export const chunkHash = (change: Uint8Array): string =>
  createHash('sha256').update(change.subarray(8)).digest('hex');

const isContent = (event: DocumentEvent): event is ContentEvent =>
  (contentEvents as readonly string[]).includes(event.type);

/**
 * The conflicts of a document by the revision that brought them, found when so many edits wait for
 * it; mostly each as soon as it is there.
 */
export function conflictsIn(events: readonly DocumentEvent[], together = 1): Conflicts {
  const found = new Map<number, readonly ToldConflict[]>();
  const ended: Ended[] = [];
  let state: DocumentState = documentAggregate.decider.initialState;
  let standing = NOTHING;
  let waiting: (ConcurrentEdit & { readonly revision: number })[] = [];
  const find = () => {
    if (waiting.length === 0 || !('content' in state)) return;
    [...conflictsOf(state, waiting)].forEach((conflicts, index) => {
      const told = conflicts.flatMap((conflict) => toldWith(conflict, ended));
      if (told.length > 0) found.set(waiting[index]!.revision, told);
    });
    waiting = [];
  };
  structuredClone(events).forEach((event, revision) => {
    const isAlone = event.type !== 'ChangesApplied' || movesText(event.data);
    if (isAlone) find();
    state = documentAggregate.decider.evolve(state, event, revision);
    if (!isContent(event)) return;
    const { changes: from } = standing;
    const { standing: next, isConcurrent } = standingWith(standing, event, chunkHash);
    standing = next;
    ended.push({ revision, to: next.changes, type: event.type });
    const seen = event.type === 'ChangesApplied' ? event.data.seen : undefined;
    const { sections } = event.data;
    if (isConcurrent) waiting.push({ revision, from, to: next.changes, seen, sections });
    if (isAlone || waiting.length === together) find();
  });
  find();
  if ('content' in state) freeDocument(state);
  return found;
}

const movesText = ({ cuts, moves, revived }: ChangesApplied): boolean =>
  cuts !== undefined || moves !== undefined || revived !== undefined;

function toldWith({ kind, section, words, ...conflict }: Conflict, ended: readonly Ended[]) {
  const eventOf = (place: number | null) =>
    place === null ? undefined : ended.find(({ to }) => place < to);
  const others = conflict.with.flatMap((place) => eventOf(place) ?? []);
  const edits = others.filter(({ type }) => type !== 'ChangesReconciled');
  if (edits.length === 0) return [];
  const goneBy = eventOf(conflict.goneBy)?.revision;
  return [
    {
      kind,
      section,
      with: [...new Set(edits.map(({ revision }) => revision))],
      ...(words && { words }),
      ...(goneBy !== undefined && { goneBy }),
    } satisfies ToldConflict,
  ];
}
