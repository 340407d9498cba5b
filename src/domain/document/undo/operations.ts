import type { Operation } from '#domain/document/replica.ts';
import { NONE } from './columns.ts';
import type { Put } from './fields.ts';
import type { SavedDocument } from './saved-document.ts';
import { objectOf, opId, valueAt } from './saved-rows.ts';
import type { TextSettling } from './settling.ts';

/** What must stand in one change. */
export type Step = {
  /** Text objects. */
  readonly touched: readonly string[];
  readonly operations: readonly Operation[];
};

/** Counts the operations that are written, and remembers what stands for an element by now. */
export type NewIds = {
  readonly take: (row?: number) => void;
  readonly of: (row: number) => string;
};

export function newIds(saved: SavedDocument, actor: string, startOp: number): NewIds {
  const taken = new Map<number, string>();
  let counter = startOp;
  return {
    take(row) {
      if (row !== undefined) taken.set(row, `${counter}@${actor}`);
      counter++;
    },
    of: (row) => (row === NONE ? '_head' : (taken.get(row) ?? opId(saved, row))),
  };
}

export function putStep({ object, key, value, replaced, text }: Put, ids: NewIds): Step {
  ids.take();
  const operation = { action: 'set', obj: object, key, value, pred: replaced } as const;
  return { touched: text === undefined ? [] : [text], operations: [operation] };
}

/** Characters that go or come back where they are. */
export function stayingSteps(
  saved: SavedDocument,
  { object, removed, revived }: TextSettling,
  ids: NewIds,
): readonly Step[] {
  const gone = removed.map((row): Step => {
    ids.take();
    return { touched: [object], operations: [deletion(saved, row, ids)] };
  });
  return [...gone, ...revivingSteps(saved, revived, ids)];
}

/** Characters that come back where their elements are. */
export function revivingSteps(
  saved: SavedDocument,
  revived: readonly number[],
  ids: NewIds,
): readonly Step[] {
  return revived.map((row) => {
    const object = objectOf(saved, row);
    const operations = [insertion(saved, object, row, ids.of(row))];
    ids.take(row);
    return { touched: [object], operations };
  });
}

/** What moves is deleted even if it was before: by that it is found again. */
export function movingSteps(
  saved: SavedDocument,
  { object, moved }: Pick<TextSettling, 'object' | 'moved'>,
  ids: NewIds,
): readonly Step[] {
  return moved.map(({ row, behind }) => {
    const operations = [insertion(saved, object, row, ids.of(behind)), deletion(saved, row, ids)];
    ids.take(row);
    ids.take();
    return { touched: [object, objectOf(saved, row)], operations };
  });
}

const insertion = (
  saved: SavedDocument,
  object: string,
  row: number,
  behind: string,
): Operation => ({
  action: 'set',
  obj: object,
  elemId: behind,
  insert: true,
  value: String(valueAt(saved, row) ?? ''),
  pred: [],
});

const deletion = (saved: SavedDocument, row: number, ids: NewIds): Operation => ({
  action: 'del',
  obj: objectOf(saved, row),
  elemId: ids.of(row),
  pred: [ids.of(row)],
});
