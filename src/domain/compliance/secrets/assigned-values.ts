import {
  charSet,
  firstOf,
  inOrder,
  maybe,
  notBefore,
  some,
  word,
} from '#domain/compliance/matching/reader.ts';
import { type Shape, whileIn } from '#domain/compliance/matching/shape.ts';
import { base64, blank, hex, letterOrDigit, quote, valueCharacter } from './character-sets.ts';
import { isLikelySecret, unguessable } from './unguessable.ts';

// Values that have no mark of their own and are given away by what stands before them.

const nameCharacter = charSet('a-z', 'A-Z', '0-9', '_', '-', '.');
const names = `
  password passwd passphrase pwd secret token credential client_secret api_key api-key
  apikey access_key access-key accesskey auth_key private_key signing_key encryption_key
  account_key accountkey`
  .trim()
  .split(/\s+/);

/** `=`, `:`, `=>`, with quotes around name and value as JSON, YAML and source code have them. */
const assignment = inOrder(
  maybe(some(quote, 1)),
  some(blank, 0, 3),
  firstOf(word([':=', '=>', '==', '=', ':'])),
  some(blank, 0, 3),
  maybe(some(quote, 1)),
);
const saying = inOrder(word([' is ']), maybe(some(quote, 1)));

const named = (begins: readonly string[]) => ({
  begins,
  anyCase: true,
  lead: inOrder(word(begins, true), some(nameCharacter, 0, 30), firstOf(assignment, saying)),
});

export const assignedValues: Readonly<Record<string, Shape>> = {
  // AWS, security credentials: 40 characters of base64.
  'aws-secret-key': {
    ...named(['aws', 'secret_access', 'secretaccess']),
    secret: inOrder(some(base64, 40), notBefore(base64)),
    accepts: (text) => !text.endsWith('EXAMPLEKEY') && unguessable(3.5)(text),
  },
  // Azure Storage, Service Bus and the like: 64 or 32 bytes as base64 in a connection string.
  'azure-account-key': {
    ...named(['accountkey', 'sharedaccesskey']),
    secret: some(base64, 44, 88),
    accepts: unguessable(3.5),
  },
  // Google Cloud, service account keys: which key of the account it is stands beside the key.
  'gcp-private-key-id': {
    ...named(['private_key_id']),
    secret: inOrder(some(hex, 40), notBefore(letterOrDigit)),
    accepts: unguessable(2.8),
  },
  // RFC 6750 and RFC 7617: credentials in a header.
  'authorization-header': {
    begins: ['bearer ', 'basic '],
    anyCase: true,
    notAfter: letterOrDigit,
    lead: word(['bearer ', 'basic '], true),
    secret: some(charSet('a-z', 'A-Z', '0-9', '+', '/', '=', '_', '-', '.', '~'), 16, 100),
    accepts: isLikelySecret,
    rest: whileIn(valueCharacter),
  },
  'assigned-value': {
    ...named(names),
    secret: some(valueCharacter, 8, 100),
    accepts: isLikelySecret,
    rest: whileIn(valueCharacter),
  },
};
