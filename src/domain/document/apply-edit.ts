import { Rejected } from '#domain/rejected.ts';
import { mustBeStorable } from '#domain/storable-text.ts';
import { cutText } from './cutting.ts';
import {
  type Draft,
  addParts,
  anyPart,
  movePart,
  presentPart,
  presentParts,
  splitPart,
} from './draft.ts';
import { deleteText, insertText, mustNotTearCharacter, replaceText } from './edit-text.ts';
import type { Edit, EditOf } from './edits.ts';
import { INCOMING_SECTION, MOST_SECTIONS } from './limits.ts';
import { mustBeTitle } from './storable.ts';

/** Reads one edit against the draft, which the edits before it have already changed. */
export function applyEdit(draft: Draft, edit: Edit): void {
  switch (edit.type) {
    case 'insertText':
      mustBeStorable(edit.text);
      return insertText(draft, edit);
    case 'deleteText':
      return deleteText(draft, edit);
    case 'replaceText':
      mustBeStorable(edit.with);
      return replaceText(draft, edit);
    case 'insertSection':
      mustBeStorable(edit.text);
      return insertSection(draft, edit);
    case 'moveSection':
      return moveSection(draft, edit);
    case 'deleteSection':
      anyPart(draft, edit.section).present = false;
      return undefined;
    case 'splitSection':
      return splitSection(draft, edit);
    case 'setTitle':
      mustBeTitle(edit.title);
      draft.isRetitled ||= edit.title !== draft.title;
      draft.title = edit.title;
      return undefined;
  }
}

function insertSection(draft: Draft, { after, text }: EditOf<'insertSection'>): void {
  const room = Math.max(1, MOST_SECTIONS - presentParts(draft).length);
  const left = after === null ? null : presentPart(draft, after);
  addParts(draft, left, cutText(text, INCOMING_SECTION, room));
}

function moveSection(draft: Draft, { section, after }: EditOf<'moveSection'>): void {
  const part = presentPart(draft, section);
  const left = after === null ? null : presentPart(draft, after);
  const present = presentParts(draft);
  const isThere = left === (present[present.indexOf(part) - 1] ?? null);
  if (left !== part && !isThere) movePart(draft, part, left);
}

/** Cutting off nothing would leave an empty section: it is already so. */
function splitSection(draft: Draft, { section, at }: EditOf<'splitSection'>): void {
  const part = presentPart(draft, section);
  if (at > part.length) throw new Rejected('edit/out-of-range', { at, length: part.length });
  mustNotTearCharacter(draft, { part, at });
  if (at > 0 && at < part.length) splitPart(draft, part, at);
}
