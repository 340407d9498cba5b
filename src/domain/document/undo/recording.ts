import {
  type ChangesApplied,
  type ContentEvent,
  type Merged,
  type SettledEvent,
  isEdit,
} from '#domain/document/events.ts';
import { noMoreRedo, takeEdit, takeRedo, takeUndo } from './groups.ts';
import { GONE, GROUND, type Ledger, NOBODY, handIn, record } from './ledger.ts';
import { reverse } from './reversals.ts';

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
  if (data.merged) takeMerge(ledger, data, data.merged);
  else takeEdits(ledger, data);
}

/** Of what a merge brings, everything is taken back at once, and each change is its author's. */
export function takeMerge(
  ledger: Ledger,
  { group: id, author, origin, at = 0, changes, revived }: MergedChanges,
  { runs, reversed = [] }: Pick<Merged, 'runs' | 'reversed'>,
): void {
  const group = takeEdit(ledger.groups, { id, author, origin, at });
  const owners = { edit: group, gone: GONE, moved: NOBODY, revived: NOBODY };
  // Also where the server adds nothing: by it a merged document is known for ever.
  handIn(ledger.hands, { author, origin: 'merge' });
  const isRevival = new Set(revived);
  let index = 0;
  for (const { count, as, author, origin } of runs) {
    for (const change of changes.slice(index, index + count)) {
      const elements = isRevival.has(index++) ? 'revived' : newElements[as];
      record(ledger, change, { owner: owners[as], elements, hand: { author, origin } });
    }
  }
  const ranges = reversed.map(({ actor, ...range }) => ({
    ...range,
    actor: Buffer.from(actor).toString('hex'),
  }));
  reverse(ledger, ranges, group);
  ledger.settlings++;
}

type MergedChanges = Pick<
  ChangesApplied,
  'group' | 'author' | 'origin' | 'at' | 'changes' | 'revived'
>;
const newElements = {
  edit: undefined,
  gone: undefined,
  moved: 'moves',
  revived: 'revived',
} as const;

function takeEdits(ledger: Ledger, data: ChangesApplied): void {
  const { changes, cuts = [], moves = [], revived = [], author, group, origin, at = 0 } = data;
  const isMove = new Set([...cuts.map(({ change }) => change), ...moves]);
  const isRevival = new Set(revived);
  ledger.ground ??= group;
  let owner = GROUND;
  if (group !== ledger.ground) {
    if (!isEdit(data)) noMoreRedo(ledger.groups, author);
    else owner = takeEdit(ledger.groups, { id: group, author, origin, at });
  }
  if (moves.length + revived.length > 0) ledger.settlings++;
  const hand = { author, origin };
  changes.forEach((change, index) => {
    if (isMove.has(index)) record(ledger, change, { owner: NOBODY, elements: 'moves', hand });
    else
      record(ledger, change, {
        owner,
        elements: isRevival.has(index) ? 'revived' : undefined,
        hand,
      });
  });
}

function takeSettled(ledger: Ledger, data: SettledEvent['data']): void {
  const { changes, moves = [], author } = data;
  const isMove = new Set(moves);
  const hand = { author, origin: 'person' } as const;
  ledger.settlings++;
  changes.forEach((change, index) =>
    record(ledger, change, {
      owner: NOBODY,
      elements: isMove.has(index) ? 'moves' : 'revived',
      hand,
    }),
  );
}
