import type { Entry } from '#web/api/shapes.ts';

const happened: Readonly<Record<string, string>> = {
  DocumentCreated: 'created the document',
  ChangesUndone: 'undid edits',
  ChangesRedone: 'redid edits',
  ChangesReconciled: 'brought edits together',
  DocumentArchived: 'archived it',
  DocumentUnarchived: 'brought it back from the archive',
  DocumentAccessChanged: 'changed who has access',
  DocumentFiled: 'filed it',
  OwnerListed: 'became its owner',
};

export function happenedInWords(entry: Entry): string {
  const { type, origin, versionName, ofRevision, inEffect, erased } = entry;
  if (erased) return 'content erased';
  if (type === 'VersionNamed') return `named a version “${versionName}”`;
  if (type === 'VersionNameRemoved') return `took the name “${versionName}” off`;
  if (type !== 'ChangesApplied') return happened[type] ?? type;
  if (origin === 'restore') return `restored revision ${ofRevision}`;
  if (origin === 'merge') return 'merged a branch';
  const edited = origin?.startsWith('ai:') === true ? 'took in a suggestion' : 'edited';
  return inEffect === false ? `${edited} (undone)` : edited;
}

const time = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** The time of today, the day of others. */
export function momentOf(recordedAt: string): string {
  const at = new Date(recordedAt);
  return (at.toDateString() === new Date().toDateString() ? time : day).format(at);
}
