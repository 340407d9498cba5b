import {
  before,
  charSet,
  firstOf,
  inOrder,
  maybe,
  notBefore,
  some,
  visibleBut,
  word,
} from '#domain/compliance/matching/reader.ts';
import { LAST, type Rest, STOP, type Shape, whileIn } from '#domain/compliance/matching/shape.ts';
import { base64, base64Url, letterOrDigit, space, wordCharacter } from './character-sets.ts';
import { isLikelyPassword, unguessable } from './unguessable.ts';

const DASH = 45;
const label = charSet('A-Z', '0-9', ' ');
const headerName = charSet('a-z', 'A-Z', '-');
/** A line's end as it is, or as JSON and source code write it. */
const lineEnd = firstOf(word(['\\r\\n', '\\n']), some(space, 1, 4));
const headerLine = inOrder(
  some(headerName, 3, 20),
  word([': ']),
  some(visibleBut('\\'), 1, 60),
  maybe(some(visibleBut('\\'), 1, 20)),
  lineEnd,
);
const keyCharacter = charSet('a-z', 'A-Z', '0-9', '+', '/', '=', '\\', '"', ' ', '\t', '\r', '\n');

/** The body up to the second five dashes, those of the END line; stops at what no key holds. */
const untilKeyEnds: Rest = (dashes, code) => {
  if (code === DASH) return dashes === 9 ? LAST : dashes + 1;
  return keyCharacter[code] === 1 ? dashes : STOP;
};

const schemes = `
  postgres postgresql mysql mariadb mssql sqlserver mongodb mongodb+srv redis rediss amqp
  amqps nats kafka ldap ldaps smtp smtps ftp ftps sftp ssh smb http https esdb neo4j bolt
  clickhouse`
  .trim()
  .split(/\s+/)
  .map((scheme) => `${scheme}://`);
const user = visibleBut('/:@?#"\'`<>');
const password = visibleBut('/@"\'`<> ');

export const keysAndAddresses: Readonly<Record<string, Shape>> = {
  // RFC 7468 and OpenSSH's PROTOCOL.key: PEM. Without a body it is a heading in a manual.
  'private-key': {
    begins: ['-----BEGIN '],
    secret: inOrder(
      word(['-----BEGIN ']),
      some(label, 11, 40),
      word(['-----']),
      lineEnd,
      maybe(headerLine),
      maybe(headerLine),
      maybe(lineEnd),
      some(base64, 16),
    ),
    accepts: (text) => text.includes('PRIVATE KEY'),
    rest: untilKeyEnds,
  },
  // RFC 7519: header and claims are base64url of JSON objects, so both begin with `eyJ`.
  'json-web-token': {
    begins: ['eyJ'],
    notAfter: wordCharacter,
    secret: inOrder(word(['eyJ']), some(base64Url, 14, 200), word(['.eyJ']), some(base64Url, 12)),
    accepts: unguessable(3.2),
    rest: whileIn(charSet('a-z', 'A-Z', '0-9', '_', '-', '.', '=')),
  },
  // RFC 3986, userinfo: the password of an address, and of the address nothing else.
  'address-password': {
    begins: schemes,
    anyCase: true,
    notAfter: letterOrDigit,
    lead: inOrder(word(schemes, true), some(user, 0, 60), word([':'])),
    secret: inOrder(some(password, 3, 100), before(charSet('@'))),
    accepts: isLikelyPassword,
  },
  // curl's manual, `-u, --user <user:password>`.
  'curl-password': {
    begins: ['-u ', '--user '],
    notAfter: wordCharacter,
    lead: inOrder(
      word(['-u ', '--user ']),
      maybe(some(charSet('"', "'"), 1)),
      some(visibleBut(':"\'`<>$'), 0, 60),
      word([':']),
      maybe(some(charSet('"', "'"), 1)),
    ),
    secret: inOrder(some(visibleBut('"\'`<>$ '), 6, 100), notBefore(charSet('<', '$'))),
    accepts: isLikelyPassword,
  },
};
