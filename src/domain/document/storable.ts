import { Rejected } from '#domain/rejected.ts';
import { MOST_NAME_CHARACTERS, MOST_TITLE_CHARACTERS } from './limits.ts';

/** Half a surrogate pair has no UTF-8 and would come back as another character; U+0000 Postgres refuses. */
export function mustBeStorable(text: string): void {
  if (!text.isWellFormed() || text.includes('\u0000')) throw new Rejected('text/not-storable');
}

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
