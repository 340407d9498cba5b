import type { JsonObject } from '#domain/generation/prompt.ts';

// A value of whatever shape is asked for, whose texts are sentences of the text that was given.

/** Nested deeper, or longer, nobody can have meant it. */
const DEEPEST = 8;
const LONGEST_LIST = 20;

type Schema = JsonObject;

/** Fills a JSON Schema. What it cannot know it leaves out, or makes least: 0, false, the first choice. */
export function filledFrom(schema: Schema, sentences: readonly string[]): unknown {
  return valueOf(schema, { root: schema, all: sentences, rest: [...sentences] }, 0);
}

type Source = {
  /** Where references lead. */
  readonly root: Schema;
  readonly all: readonly string[];
  /** What no text has taken yet. */
  readonly rest: string[];
};

function valueOf(schema: Schema, from: Source, depth: number): unknown {
  if (depth > DEEPEST) return null;
  const deeper = (inner: unknown) => valueOf(asSchema(inner), from, depth + 1);
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) return mentioned(schema['enum'], from.all);
  const other = otherSchema(schema, from.root);
  if (other !== undefined) return deeper(other);
  return (byType.get(typeOf(schema)) ?? textOf)(schema, from, deeper);
}

type Filling = (schema: Schema, from: Source, deeper: (inner: unknown) => unknown) => unknown;

const byType: ReadonlyMap<unknown, Filling> = new Map<unknown, Filling>([
  ['object', (schema, _, deeper) => objectOf(schema, deeper)],
  ['array', arrayOf],
  ['integer', (schema, { all }) => leastOf(schema, numberIn(all, true))],
  ['number', (schema, { all }) => leastOf(schema, numberIn(all, false))],
  ['boolean', () => false],
  ['null', () => null],
]);

/** The schema that stands in for this one: what it refers to, or its first choice. */
function otherSchema(schema: Schema, root: Schema): unknown {
  if (typeof schema['$ref'] === 'string') return referred(schema['$ref'], root);
  const choices = [schema['anyOf'], schema['oneOf'], schema['allOf']].find(Array.isArray);
  return choices?.[0];
}

const asSchema = (value: unknown): Schema =>
  typeof value === 'object' && value !== null ? (value as Schema) : {};

function typeOf(schema: Schema): unknown {
  const { type } = schema;
  if (Array.isArray(type)) return type.find((one) => one !== 'null');
  return type ?? ('properties' in schema ? 'object' : undefined);
}

/** `#/$defs/name`, the only form that is in use. */
function referred(ref: string, root: Schema): unknown {
  const path = ref.split('/').slice(1);
  return path.reduce<unknown>((value, name) => asSchema(value)[name], root);
}

const objectOf = (schema: Schema, deeper: (inner: unknown) => unknown): object =>
  Object.fromEntries(
    Object.entries(asSchema(schema['properties'])).map(([name, inner]) => [name, deeper(inner)]),
  );

/** A list takes every sentence that is left; of other things it has as few as it may. */
function arrayOf(schema: Schema, { rest }: Source, deeper: (inner: unknown) => unknown): unknown[] {
  const least = Math.min(LONGEST_LIST, Number(schema['minItems'] ?? 0));
  const most = Math.min(LONGEST_LIST, Number(schema['maxItems'] ?? LONGEST_LIST));
  const isOfTexts = typeOf(asSchema(schema['items'])) === 'string';
  const count = Math.min(most, Math.max(least, isOfTexts ? rest.length : least));
  return Array.from({ length: count }, () => deeper(schema['items']));
}

/** The next sentence, or the last one again: an empty text would say less. */
function textOf(schema: Schema, { rest }: Source): string {
  const text = (rest.length > 1 ? rest.shift() : rest[0]) ?? '';
  return Array.from(text)
    .slice(0, Number(schema['maxLength'] ?? Number.MAX_SAFE_INTEGER))
    .join('');
}

const mentioned = (choices: readonly unknown[], sentences: readonly string[]): unknown => {
  const words = sentences.join(' ').toLowerCase();
  return choices.find((one) => words.includes(String(one).toLowerCase())) ?? choices[0];
};

function numberIn(sentences: readonly string[], whole: boolean): number {
  const pattern = whole ? /(?<![\d.])\d{1,15}(?![\d.])/ : /(?<![\d.])\d{1,15}(?:\.\d{1,6})?/;
  const [found] = pattern.exec(sentences.join(' ')) ?? [];
  return Number(found ?? 0);
}

function leastOf(schema: Schema, value: number): number {
  const least = Number(schema['minimum'] ?? Number.NEGATIVE_INFINITY);
  const most = Number(schema['maximum'] ?? Number.POSITIVE_INFINITY);
  return Math.min(most, Math.max(least, value));
}
