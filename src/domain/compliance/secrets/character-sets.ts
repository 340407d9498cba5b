import { charSet, visibleBut } from '#domain/compliance/matching/reader.ts';

export const letterOrDigit = charSet('a-z', 'A-Z', '0-9');
export const wordCharacter = charSet('a-z', 'A-Z', '0-9', '_');
export const upperOrDigit = charSet('A-Z', '0-9');
export const hex = charSet('0-9', 'a-f', 'A-F');
export const base64 = charSet('a-z', 'A-Z', '0-9', '+', '/', '=');
export const base64Url = charSet('a-z', 'A-Z', '0-9', '_', '-');
export const blank = charSet(' ', '\t');
export const space = charSet(' ', '\t', '\r', '\n');
export const quote = charSet('"', "'", '`');
/** What a value in quotes, or without them, may be made of. */
export const valueCharacter = visibleBut('"\'`,;<>(){}[]\\');
