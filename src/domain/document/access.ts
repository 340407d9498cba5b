import { Rejected } from '#domain/rejected.ts';
import { type Action, type Principal, reachOf } from '#domain/rights.ts';
import { type AccessLevel, type AccessList, accessLevels } from './events.ts';
import type { DocumentState, LivingDocument } from './state.ts';

export type DocumentAction = Extract<Action, `document.${string}`>;

/** What a document's access list must grant for it, where the roles leave it to the list. */
const needed: Readonly<Record<Exclude<DocumentAction, 'document.create'>, AccessLevel>> = {
  'document.read': 'viewer',
  'document.comment': 'commenter',
  'document.edit': 'editor',
  'document.version': 'editor',
  'document.restore': 'editor',
  'document.manage': 'owner',
};

/** The highest level that the list gives to the member: by name, by group, or as one of everyone. */
export function levelOf(
  access: AccessList,
  { member, groups }: Principal,
): AccessLevel | undefined {
  const granted = new Set([
    access.members[member],
    ...groups.map((group) => access.groups[group]),
    access.everyone,
  ]);
  return accessLevels.findLast((level) => granted.has(level));
}

export function mayOn(
  access: AccessList,
  principal: Principal,
  action: Exclude<DocumentAction, 'document.create'>,
): boolean {
  const reach = reachOf(principal, action);
  if (reach !== 'shared') return reach === 'all';
  const level = levelOf(access, principal);
  return level !== undefined && accessLevels.indexOf(level) >= accessLevels.indexOf(needed[action]);
}

/** Whether the member may see this document at all; used by commands and by everything that reads. */
export const mayRead = (state: DocumentState, principal: Principal): state is LivingDocument =>
  'content' in state && mayOn(state.access, principal, 'document.read');

/** Who may not even see a document gets the answer that an id which never existed gets. */
export function mustMay(
  state: DocumentState,
  principal: Principal,
  action: Exclude<DocumentAction, 'document.create'>,
): LivingDocument {
  if (state.status === 'erased') throw new Rejected('document/erased');
  if (!mayRead(state, principal)) throw new Rejected('document/not-found');
  if (!mayOn(state.access, principal, action)) throw new Rejected('right/missing', { action });
  return state;
}
