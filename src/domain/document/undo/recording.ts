import {
  type ChangesApplied,
  type ContentEvent,
  type SettledEvent,
  isEdit,
} from '#domain/document/events.ts';
import { noMoreRedo, takeEdit, takeRedo, takeUndo } from './groups.ts';
import { GROUND, type Ledger, MOVED, REVIVED, record } from './ledger.ts';

/** Takes an event's changes into the ledger, and what it says about groups. */
export function takeIntoLedger(ledger: Ledger, event: ContentEvent): void {
  switch (event.type) {
    case 'ChangesApplied':
      return takeApplied(ledger, event.data);
    case 'ChangesUndone':
      takeUndo(ledger.groups, event.data.group, event.data.author);
      return takeSettled(ledger, event.data);
    case 'ChangesRedone':
      takeRedo(ledger.groups, event.data.group);
      return takeSettled(ledger, event.data);
    case 'ChangesReconciled':
      return takeSettled(ledger, event.data);
  }
}

function takeApplied(ledger: Ledger, data: ChangesApplied): void {
  const { changes, cuts = [], moves = [], revived = [], author, group, origin, at = 0 } = data;
  const isMove = new Set([...cuts.map(({ change }) => change), ...moves]);
  const isRevival = new Set(revived);
  ledger.ground ??= group;
  let owner = GROUND;
  if (group !== ledger.ground) {
    if (!isEdit(data)) noMoreRedo(ledger.groups, author);
    else owner = takeEdit(ledger.groups, { id: group, author, origin, at });
  }
  if (revived.length > 0) ledger.settlings++;
  changes.forEach((change, index) =>
    record(ledger, change, isMove.has(index) ? MOVED : owner, isRevival.has(index)),
  );
}

function takeSettled(ledger: Ledger, { changes, moves = [] }: SettledEvent['data']): void {
  const isMove = new Set(moves);
  ledger.settlings++;
  changes.forEach((change, index) => record(ledger, change, isMove.has(index) ? MOVED : REVIVED));
}
