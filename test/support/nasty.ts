import type { Random } from './random.ts';

// What clients send by mistake or on purpose. Kept as JSON text where JavaScript has no value for it.

const nested = (depth: number, open: string, close: string, inner = '1') =>
  open.repeat(depth) + inner + close.repeat(depth);

const DEEP_ARRAY = nested(10_000, '[', ']');
const DEEP_OBJECT = nested(10_000, '{"a":', '}');

/** Deeper than a parser or a walk that calls itself would get. */
export const deepest: readonly string[] = [DEEP_ARRAY, DEEP_OBJECT];

export const nastyTexts: readonly string[] = [
  '',
  ' ',
  'x'.repeat(201),
  'x'.repeat(501),
  'y'.repeat(120_000),
  '\ud800',
  'a\udc00b',
  'a\0b',
  '\u202Etxet',
  `e${'\u0301'.repeat(400)}`,
  '😀'.repeat(260),
  '👨‍👩‍👧‍👦',
  '\ufeffbom',
  '\u2028\u2029\u0085',
  '\u0007\u001b[31m\r\n',
  "' or 1=1; --",
  '../../etc/passwd',
  '${7*7}{{7*7}}%s%n',
  '__proto__',
  'constructor',
  'toString',
  'NaN',
  '-1',
  '1e999',
  '2026-02-30T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '0000-01-01T00:00:00Z',
  'revision:999999999999999',
  'revision:-1',
  'time:9999-12-31T23:59:59Z',
  'time:0000-01-01T00:00:00+14:00',
  'version:\u202E',
  '00000000-0000-0000-0000-000000000000',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
  'a@b',
  'platform/plan/starter',
];

/** JSON values, as text. */
export const nastyValues: readonly string[] = [
  ...nastyTexts.map((text) => JSON.stringify(text)),
  'null',
  'true',
  'false',
  '0',
  '-0',
  '-1',
  '1.5',
  '1e308',
  '1e400',
  '-1e400',
  '9007199254740991',
  '9007199254740993',
  '9223372036854775808',
  '2147483648',
  '4294967296',
  '[]',
  '{}',
  '[[]]',
  '[null]',
  '[{}]',
  '{"":1}',
  '{"length":-1}',
  '{"toString":1}',
  '{"then":"x"}',
  '{"toJSON":null}',
  '{"$ne":null}',
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":{"a":1}}}',
  nested(20, '[', ']'),
  nested(33, '{"a":', '}'),
  DEEP_ARRAY,
  DEEP_OBJECT,
  `[${'0,'.repeat(9_999)}0]`,
  `{${Array.from({ length: 1_200 }, (_, at) => `"k${at}":"viewer"`).join()}}`,
];

/** Whole bodies: broken, not JSON, not UTF-8, or of another shape. */
export const nastyBodies: readonly (string | Buffer)[] = [
  '',
  ' ',
  '{',
  '}',
  '{"a":1,}',
  "{'a':1}",
  '{}{}',
  '\ufeff{}',
  'NaN',
  'undefined',
  '"',
  '"\\u12',
  '[1',
  '{"a":',
  '{"a" 1}',
  '/* */{}',
  '{"a":1,"a":2}',
  '01',
  '.5',
  '\0',
  '"\u0001"',
  DEEP_ARRAY,
  DEEP_OBJECT,
  '[]',
  '1',
  'null',
  '"x"',
  Buffer.from([0xff, 0xfe, 0x7b, 0x00]),
  Buffer.from('{"a":"\xed\xa0\x80"}', 'latin1'),
  Buffer.from('{"a":"\xc0\xaf"}', 'latin1'),
  Buffer.from('{"title":"utf16"}', 'utf16le'),
  `{"title":"${'x'.repeat(1_100_000)}"}`,
  nested(300_000, '[', ']'),
];

export const nastyTypes: readonly string[] = [
  'text/plain',
  'text/html',
  'application/xml',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'application/octet-stream',
  'application/json; charset=utf-16',
  'application/json;',
  'application/json; =',
  'json',
  '',
  'application/jsonx',
  'application/problem+json',
  ';',
  '/',
  'a/b/c',
  `a/${'b'.repeat(2_000)}`,
];

/** In the path, already encoded (or wrongly). */
export const nastySegments: readonly string[] = [
  '%',
  '%zz',
  '%00',
  '%2F',
  '%2e%2e',
  '%c0%af',
  '%ED%A0%80',
  '%ff',
  '%F0%9F%98%80',
  '%0d%0a',
  '__proto__',
  'constructor',
  'toString',
  '%20',
  '*',
  ':id',
  '-1',
  '0',
  'null',
  "'",
  '%22',
  '00000000-0000-0000-0000-000000000000',
  '%E2%80%AEx',
  'e%CC%81',
  'platform',
  '~',
  '%25',
  '%3F',
  'x'.repeat(300),
  'x'.repeat(2_500),
];

/** After the question mark; NAME stands for a parameter that the route has. */
export const nastyQueries: readonly string[] = [
  'NAME=',
  'NAME',
  'NAME=1&NAME=2',
  'NAME[]=1',
  'NAME[a]=1',
  'NAME=%',
  'NAME=%zz',
  'NAME=%00',
  'NAME=%ff',
  'NAME=%ED%A0%80',
  'NAME=-1',
  'NAME=0',
  'NAME=1.5',
  'NAME=1e9',
  'NAME=99999999999',
  'NAME=NaN',
  'NAME=null',
  'NAME=__proto__',
  'NAME=%F0%9F%98%80',
  'NAME=%E2%80%AEx',
  'NAME=e%CC%81',
  'NAME=%27%20or%201=1',
  'NAME=%25%5F%5C',
  'NAME=%3A*%20%26%20%7C%20!',
  'NAME="%20-',
  'NAME=()',
  'NAME=W10=',
  'NAME=W10',
  'NAME=eyJhIjoxfQ',
  'NAME=WyJ4IiwieSJd',
  'NAME=WzFd',
  'NAME=bnVsbA',
  'NAME=revision:999999999',
  'NAME=time:9999-12-31T23:59:59Z',
  'NAME=version:x',
  'NAME=revision:-1',
  'NAME=document/x',
  'NAME=theirs/document/x',
  'NAME=/',
  'NAME=2026-13-01',
  'NAME=0000-01-01T00:00:00Z',
  'x=1',
  '__proto__=1',
  '__proto__[a]=1',
  'constructor=1',
  '&&&',
  '=',
  '=1',
  '%',
  '?',
  'a'.repeat(5_000),
  `NAME=${'x'.repeat(5_000)}`,
];

const position = (log: string): string[] =>
  [
    '-1',
    '99999999999999999999',
    '9223372036854775807',
    '9223372036854775808',
    '1.5',
    '',
    'x',
    '0x1',
  ].map((number) => `${log}.${number}`);

export const nastyHeaders = (log: string): readonly (readonly [string, string])[] =>
  Object.entries({
    'if-match': [
      '*',
      '"',
      '""',
      '"x"',
      'W/"1"',
      '"99999999999999999999"',
      '"999999999999999"',
      '"1","2"',
      '-1',
      '',
      '"-1"',
      '0',
    ],
    'if-none-match': ['*', '"', 'W/', ',,,', '"x', '"'.repeat(3_000)],
    'idempotency-key': [
      '',
      ' ',
      'a b',
      '\xfc',
      'x'.repeat(256),
      '\t',
      '__proto__',
      'x'.repeat(9_000),
    ],
    'palimpsest-min-position': ['', 'x', '.', '1', 'other.1', ...position(log), 'x'.repeat(3_000)],
    accept: [
      '',
      'x',
      '/',
      '*/',
      'text/markdown;q=2',
      '*/*;q=abc',
      'text/html',
      ',,,;;;',
      'a/b,'.repeat(2_000),
      'text/event-stream',
    ],
    traceparent: [
      '',
      'x',
      '00-0-0-0',
      `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`,
      'f'.repeat(5_000),
      '\xff',
    ],
    'last-event-id': ['', 'x', ...position(log)],
    'content-encoding': ['gzip', 'br', 'x'],
    range: ['bytes=0-', 'bytes=9-1', 'x'],
    origin: ['null', 'x', 'https://evil.example'],
    'x-forwarded-for': ['1.1.1.1, x', "'"],
  }).flatMap(([name, values]) => values.map((value) => [name, value] as const));

/** The JSON text of `body` with one thing in it that is wrong. */
export function spoilt(body: unknown, random: Random): string {
  const MARK = '"@@nasty@@"';
  const nasty = nastyValues[random.below(nastyValues.length)] ?? 'null';
  const key = ['unknown', '__proto__', 'constructor', 'toString', '', '\ud800', 'a\0', 'then'][
    random.below(8)
  ];
  const places: ((value: unknown) => unknown)[] = [];
  const walk = (value: unknown, put: (inner: unknown) => unknown): void => {
    places.push(() => put('@@nasty@@'));
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      value.forEach((item, at) => walk(item, (inner) => put(value.with(at, inner))));
      places.push(() => put([...value, '@@nasty@@']));
      return;
    }
    for (const [name, inner] of Object.entries(value)) {
      walk(inner, (changed) => put(withKey(value, name, changed)));
    }
    places.push(() => put(withKey(value, key ?? '', '@@nasty@@')));
    places.push(() => put([value]));
  };
  walk(body, (whole) => whole);
  const text = JSON.stringify(places[random.below(places.length)]?.(body) ?? null);
  return text.replace(MARK, () => nasty);
}

/** Also a key `__proto__`, which must be a key and not a prototype. */
const withKey = (value: object, key: string, inner: unknown): object =>
  Object.fromEntries([...Object.entries(value), [key, inner]]);
