import { closeCodes } from '#client/protocol.ts';

// What is said to people where the server says a code.

export const notFound = 'There is no such document, or it is not shared with you.';

/** Why the server ended the connection for good; `undefined` where it comes back by itself. */
export function endingInWords(code: number, reason: string): Ending | undefined {
  switch (code) {
    case closeCodes.unauthenticated:
      return { kind: 'signed-out', words: 'The key is not valid, or not any more.' };
    case closeCodes.notFound:
      return { kind: 'not-found', words: notFound };
    case closeCodes.forbidden:
      return { kind: 'refused', words: 'You no longer have access to this document.' };
    case closeCodes.replaced:
      return {
        kind: 'refused',
        words: 'The document was opened in another window, which goes on.',
      };
    case closeCodes.erased:
      return { kind: 'refused', words: 'The content of this document was erased.' };
    case closeCodes.quarantined:
    case closeCodes.badFrame:
      return { kind: 'refused', words: `The server did not take what this page sent (${reason}).` };
    default:
      return undefined;
  }
}

export type Ending = {
  readonly kind: 'signed-out' | 'not-found' | 'refused';
  readonly words: string;
};

const refusals: Readonly<Record<string, string>> = {
  'undo/nothing-to-undo': 'There is nothing to undo.',
  'undo/nothing-to-redo': 'There is nothing to redo.',
  'right/missing': 'You may no longer edit this document.',
  'document/archived': 'The document is archived and can no longer change.',
  'change/sequence-taken': 'This device had not kept what it sent before.',
  'section/too-long': 'This part of the document would be too long. Begin another heading.',
};

export const refusalInWords = (code: string, detail = code): string => refusals[code] ?? detail;

export const inWords = (error: unknown): string => {
  if (!(error instanceof Error)) return 'It did not work.';
  const { code, message } = error as Error & { readonly code?: unknown };
  return typeof code === 'string' ? refusalInWords(code, message) : message;
};
