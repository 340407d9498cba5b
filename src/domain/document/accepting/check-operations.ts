import type { SectionId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { MOST_TITLE_CHARACTERS } from '#domain/document/limits.ts';
import { ROOT } from '#domain/document/replica.ts';
import type { ContentIndex } from './content-index.ts';
import { HEAD, type OpId, type Operation } from './operations.ts';

/** What the changes of one command do, as far as it can be told without the text. */
export type Effect = {
  readonly sections: Set<SectionId>;
  /** UTF-16 units that each section may grow by. */
  readonly typed: Map<SectionId, number>;
  readonly size: { inserted: number; deleted: number };
  /** Their own elements and values, which the operations behind them may refer to. */
  readonly made: Set<OpId>;
  isRetitled: boolean;
};

export const noEffect = (): Effect => ({
  sections: new Set(),
  typed: new Map(),
  size: { inserted: 0, deleted: 0 },
  made: new Set(),
  isRetitled: false,
});

/** Adds an operation to the effect; throws `Rejected` where it is not a live client's to do. */
export function checkOperation(index: ContentIndex, operation: Operation, effect: Effect): void {
  switch (operation.kind) {
    case 'insert':
      return checkInsertion(index, operation, effect);
    case 'delete':
      return checkDeletion(index, operation, effect);
    case 'put':
      return checkField(index, operation, effect);
    case 'make':
      // Sections are made by the server, which gives them their places.
      throw notAllowed();
  }
}

type Of<Kind extends Operation['kind']> = Extract<Operation, { kind: Kind }>;

const notAllowed = () => new Rejected('change/not-allowed');
const unknown = () => new Rejected('change/unknown-reference');

function checkInsertion(index: ContentIndex, operation: Of<'insert'>, effect: Effect): void {
  const { id, object, behind, value } = operation;
  const text = index.texts.get(object);
  if (text === undefined) throw notAllowed();
  if (behind !== HEAD && !effect.made.has(behind) && !text.elements.has(behind)) throw unknown();
  if (!isOneCharacter(value)) throw notAllowed();
  effect.made.add(id);
  effect.sections.add(text.section);
  effect.typed.set(text.section, (effect.typed.get(text.section) ?? 0) + value.length);
  effect.size.inserted += value.length;
}

/** One element is one code point: undo, cuts and blame go by elements. */
function isOneCharacter(value: string): boolean {
  if (value === '\u0000') return false;
  return value.length === 1
    ? value.isWellFormed()
    : value.length === 2 && value.isWellFormed() && value.codePointAt(0)! > 0xffff;
}

function checkDeletion(index: ContentIndex, operation: Of<'delete'>, effect: Effect): void {
  const { object, element } = operation;
  const text = index.texts.get(object);
  if (text === undefined) throw notAllowed();
  if (!effect.made.has(element) && !text.elements.has(element)) throw unknown();
  effect.sections.add(text.section);
  effect.size.deleted += 1;
}

/** Places and presence of sections are the server's to write: its edits keep them in order. */
function checkField(index: ContentIndex, operation: Of<'put'>, effect: Effect): void {
  const { id, object, key, value, replaced } = operation;
  if (object !== ROOT || key !== 'title') throw notAllowed();
  mustBeTitle(value);
  for (const before of replaced) {
    if (!effect.made.has(before) && !index.titles.has(before)) throw unknown();
  }
  effect.made.add(id);
  effect.isRetitled = true;
}

function mustBeTitle(value: string | boolean): void {
  if (typeof value !== 'string' || value === '' || value.includes('\u0000')) throw notAllowed();
  if (value.length > MOST_TITLE_CHARACTERS) {
    throw new Rejected('document/title-too-long', { limit: MOST_TITLE_CHARACTERS });
  }
}
