import { type Content, emptyContent, refreshed } from './content.ts';
import type { ChangesApplied, DocumentEvent } from './events.ts';
import { headsOf } from './replica.ts';
import type { DocumentState, LivingDocument, PastCut } from './state.ts';

export function evolve(
  state: DocumentState,
  event: DocumentEvent,
  revision: number,
): DocumentState {
  if (event.type === 'DocumentCreated') {
    const { title, actorSeed, access, folder } = event.data;
    return {
      status: 'open',
      content: emptyContent(title),
      actorSeed,
      access,
      folder: folder ?? null,
      folderOrder: undefined,
      versions: new Map(),
      cuts: [],
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
    case 'ChangesApplied':
      return withChanges(state, event.data, revision);
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

function withChanges(
  state: LivingDocument,
  { changes, cuts = [] }: ChangesApplied,
  revision: number,
): LivingDocument {
  const { replica } = state.content;
  const before = headsOf(replica);
  const past: PastCut[] = [];
  changes.forEach((change, index) => {
    const cutsHere = cuts.filter((cut) => cut.change === index);
    const around = { before: cutsHere.length > 0 ? headsOf(replica) : [] };
    replica.applyChanges([change]);
    for (const { from, at, length, to } of cutsHere) {
      past.push({ revision, from, at, length, to, ...around, after: headsOf(replica) });
    }
  });
  const content: Content = refreshed(state.content, before);
  return { ...state, content, cuts: past.length > 0 ? [...state.cuts, ...past] : state.cuts };
}

/** Only the fact that there was a document is left. */
export function erase(state: DocumentState): DocumentState {
  if ('content' in state) state.content.replica.free();
  return { status: 'erased' };
}
