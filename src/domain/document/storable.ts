import { Rejected } from '#domain/rejected.ts';
import { mustBeStorable } from '#domain/storable-text.ts';
import { MOST_NAME_CHARACTERS, MOST_TITLE_CHARACTERS } from './limits.ts';

export function mustBeTitle(title: string): void {
  mustBeStorable(title);
  if (title.length > MOST_TITLE_CHARACTERS) {
    throw new Rejected('document/title-too-long', { limit: MOST_TITLE_CHARACTERS });
  }
}

/** Of a folder or a version. */
export function mustBeName(name: string): void {
  mustBeStorable(name);
  if (name.length > MOST_NAME_CHARACTERS) {
    throw new Rejected('document/name-too-long', { limit: MOST_NAME_CHARACTERS });
  }
}
