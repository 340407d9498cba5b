import { Rejected } from './rejected.ts';

/** Half a surrogate pair has no UTF-8 and would come back as another character; U+0000 Postgres refuses. */
export function mustBeStorable(text: string): void {
  if (!text.isWellFormed() || text.includes('\u0000')) throw new Rejected('text/not-storable');
}
