import { takeIntoAcceptance } from './accepting/acceptance.ts';
import { inheritanceFrom } from './branch/inheritance.ts';
import { mergesWith } from './branch/merges.ts';
import type { ChangesApplied, ContentEvent, ContentInherited, DocumentEvent } from './events.ts';
import { freeContent, newLiveContent, takeEvent } from './live-content.ts';
import { headsFromBytes } from './replica.ts';
import type { DocumentState, LivingDocument, PastCut } from './state.ts';
import { changesIn, newLedger } from './undo/ledger.ts';
import { takeIntoLedger } from './undo/recording.ts';

export function evolve(
  state: DocumentState,
  event: DocumentEvent,
  revision: number,
): DocumentState {
  if (event.type === 'DocumentCreated') {
    const { title, actorSeed, access, folder, branchOf } = event.data;
    return {
      status: 'open',
      content: newLiveContent(title),
      actorSeed,
      access,
      folder: folder ?? null,
      folderOrder: undefined,
      versions: new Map(),
      cuts: [],
      ledger: newLedger(),
      ...(branchOf && { branchOf }),
      merges: new Map(),
    };
  }
  // An event of which only the header is left cannot bring anything back.
  return 'content' in state ? evolveLiving(state, event, revision) : state;
}

function evolveLiving(
  state: LivingDocument,
  event: Exclude<DocumentEvent, { type: 'DocumentCreated' }>,
  revision: number,
): LivingDocument {
  switch (event.type) {
    case 'ContentInherited':
      return withInheritance(state, event.data);
    case 'ChangesApplied':
    case 'ChangesUndone':
    case 'ChangesRedone':
    case 'ChangesReconciled':
      return withChanges(state, event, revision);
    case 'DocumentArchived':
      return { ...state, status: 'archived' };
    case 'DocumentUnarchived':
      return { ...state, status: 'open' };
    case 'DocumentAccessChanged':
      return { ...state, access: event.data.access };
    case 'DocumentFiled':
      return { ...state, folder: event.data.folder, folderOrder: event.data.order };
    case 'VersionNamed':
      return {
        ...state,
        versions: new Map(state.versions).set(event.data.name, event.data.revision),
      };
    case 'VersionNameRemoved': {
      const versions = new Map(state.versions);
      versions.delete(event.data.name);
      return { ...state, versions };
    }
  }
}

function withInheritance(
  state: LivingDocument,
  { part, sections }: ContentInherited,
): LivingDocument {
  const arriving = [...(state.arriving ?? []), part];
  if (sections === undefined) return { ...state, arriving };
  freeContent(state.content);
  return { ...state, ...inheritanceFrom(arriving), arriving: undefined };
}

function withChanges(state: LivingDocument, event: ContentEvent, revision: number): LivingDocument {
  const before = changesIn(state.ledger);
  takeEvent(state.content, event.data);
  takeIntoLedger(state.ledger, event);
  const changed = withCuts(state, event, before, revision);
  takeIntoAcceptance(changed, event);
  return changed;
}

function withCuts(
  state: LivingDocument,
  event: ContentEvent,
  before: number,
  revision: number,
): LivingDocument {
  if (event.type !== 'ChangesApplied') return state;
  const merges = mergesWith(state.merges, event.data, before, revision);
  const cuts = cutsIn(event.data, revision);
  return { ...state, merges, cuts: cuts.length === 0 ? state.cuts : [...state.cuts, ...cuts] };
}

const cutsIn = ({ cuts = [] }: ChangesApplied, revision: number): readonly PastCut[] =>
  cuts.map(({ from, at, length, to, before, after }): PastCut => ({
    revision,
    from,
    at,
    length,
    to,
    before: headsFromBytes(before),
    after: headsFromBytes(after),
  }));

/** Only the fact that there was a document is left. */
export function erase(state: DocumentState): DocumentState {
  if ('content' in state) freeContent(state.content);
  return { status: 'erased' };
}
