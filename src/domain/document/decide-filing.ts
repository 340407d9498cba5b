import type { DecisionContext } from '#domain/decider.ts';
import { isSame } from '#domain/is-same.ts';
import { Rejected } from '#domain/rejected.ts';
import { mustMay } from './access.ts';
import type {
  ArchiveDocument,
  ChangeAccess,
  DocumentCommand,
  FileDocument,
  NameVersion,
  RemoveVersionName,
  UnarchiveDocument,
} from './commands.ts';
import type { DocumentEvent } from './events.ts';
import { MOST_ACCESS_ENTRIES, MOST_VERSIONS } from './limits.ts';
import type { DocumentState } from './state.ts';
import { mustBeName } from './storable.ts';

// What happens to a document as a whole. None of it touches the text.

type FilingCommand =
  | ArchiveDocument
  | UnarchiveDocument
  | ChangeAccess
  | NameVersion
  | RemoveVersionName;

const filing = [
  'ArchiveDocument',
  'UnarchiveDocument',
  'ChangeAccess',
  'NameVersion',
  'RemoveVersionName',
] as const satisfies FilingCommand['type'][];

export const isFiling = (command: DocumentCommand): command is FilingCommand =>
  (filing as readonly string[]).includes(command.type);

export function decideFiling(
  command: FilingCommand,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  switch (command.type) {
    case 'ArchiveDocument':
      return archiveDocument(state, context);
    case 'UnarchiveDocument':
      return unarchiveDocument(state, context);
    case 'ChangeAccess':
      return changeAccess(command, state, context);
    case 'NameVersion':
      return nameVersion(command, state, context);
    case 'RemoveVersionName':
      return removeVersionName(command, state, context);
  }
}

function archiveDocument(state: DocumentState, { principal }: DecisionContext): DocumentEvent[] {
  const { status } = mustMay(state, principal, 'document.manage');
  return status === 'archived' ? [] : [{ type: 'DocumentArchived', data: {} }];
}

function unarchiveDocument(state: DocumentState, { principal }: DecisionContext): DocumentEvent[] {
  const { status } = mustMay(state, principal, 'document.manage');
  return status === 'open' ? [] : [{ type: 'DocumentUnarchived', data: {} }];
}

function changeAccess(
  { access }: ChangeAccess,
  state: DocumentState,
  { principal }: DecisionContext,
): DocumentEvent[] {
  const document = mustMay(state, principal, 'document.manage');
  const entries = Object.keys(access.members).length + Object.keys(access.groups).length;
  if (entries > MOST_ACCESS_ENTRIES) {
    throw new Rejected('document/access-list-too-long', { limit: MOST_ACCESS_ENTRIES });
  }
  if (isSame(document.access, access)) return [];
  return [{ type: 'DocumentAccessChanged', data: { access } }];
}

export function fileDocument(
  { folder, order }: FileDocument,
  state: DocumentState,
  { principal }: DecisionContext,
): DocumentEvent[] {
  const document = mustMay(state, principal, 'document.edit');
  if (document.status === 'archived') throw new Rejected('document/archived');
  if (folder !== null) mustBeName(folder);
  if (order !== undefined) mustBeName(order);
  if (document.folder === folder && document.folderOrder === order) return [];
  return [{ type: 'DocumentFiled', data: { folder, ...(order !== undefined && { order }) } }];
}

function nameVersion(
  { name, revision }: NameVersion,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  const { versions } = mustMay(state, context.principal, 'document.version');
  mustBeName(name);
  const named = revision ?? context.revision;
  const taken = versions.get(name);
  if (taken === named) return [];
  if (taken !== undefined) throw new Rejected('version/name-taken', { revision: taken });
  if (named > context.revision) throw new Rejected('version/not-found', { revision: named });
  if (versions.size >= MOST_VERSIONS)
    throw new Rejected('version/too-many', { limit: MOST_VERSIONS });
  return [{ type: 'VersionNamed', data: { name, revision: named } }];
}

function removeVersionName(
  { name }: RemoveVersionName,
  state: DocumentState,
  { principal }: DecisionContext,
): DocumentEvent[] {
  const { versions } = mustMay(state, principal, 'document.version');
  return versions.has(name) ? [{ type: 'VersionNameRemoved', data: { name } }] : [];
}
