import { Problem } from './problem.ts';

const DEEPEST = 32;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** Keys that reach an object's prototype when a body is copied carelessly. No field of ours has them. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** JSON whose every text can be stored as it is; an empty body is none. */
export function parseJsonBody(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) return undefined;
  const value = parse(decode(bytes));
  checkStorable('body', value);
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Problem('request/not-utf8');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem('request/not-json');
  }
}

/**
 * Postgres stores no U+0000 and half of a surrogate pair becomes another character in UTF-8, so a
 * text with either would not come back as it was sent. Walks with a stack of its own: a body
 * nested 500,000 deep fits into the size limit.
 */
export function checkStorable(place: 'body' | 'query' | 'path', root: unknown): void {
  const stack: { value: unknown; path: string; depth: number }[] = [
    { value: root, path: '', depth: 0 },
  ];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { value, path, depth } = next;
    if (typeof value === 'string') checkText(place, value, path);
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= DEEPEST) throw new Problem('request/too-deep', { details: { limit: DEEPEST } });
    for (const [key, inner] of Object.entries(value)) {
      if (FORBIDDEN.has(key)) throw new Problem('request/forbidden-key');
      checkText(place, key, path);
      const named = /^[\w-]{1,64}$/.test(key) ? key : '(unprintable)';
      stack.push({ value: inner, path: path ? `${path}.${named}` : named, depth: depth + 1 });
    }
  }
}

function checkText(place: 'body' | 'query' | 'path', text: string, path: string): void {
  if (text.isWellFormed() && !text.includes('\0')) return;
  throw new Problem('request/unstorable-text', {
    errors: [{ in: place, path, message: 'no U+0000 and no half of a surrogate pair' }],
  });
}
