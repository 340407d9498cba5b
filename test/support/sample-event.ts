import { z } from 'zod';

type JsonSchema = {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly contentEncoding?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
};

export type SampleStyle = {
  /** With every optional field, or with none. */
  readonly optional: boolean;
  /** For every string that may be any. */
  readonly text: string;
};

const UUID = 'c1b5f3a0-5d0e-5f6b-9b0a-2f6a3c9d7e11';

/** What a pattern may be satisfied by; add one when a new pattern takes none of these. */
const candidates = [
  UUID,
  '2026-03-01T12:00:00.000Z',
  'eu-central',
  '0123456789abcdef',
  'person',
  'ai:1',
  'deny/names',
];

/** Some data that fits the JSON Schema of an event type, the same every time; bytes are bytes. */
export const sampleOf = (schema: JsonSchema, style: SampleStyle): unknown =>
  (schema.anyOf ?? schema.oneOf)
    ? sampleOf(oneOf(schema.anyOf ?? schema.oneOf ?? [], style), style)
    : samples(typeOf(schema, style))(schema, style);

type Sample = (schema: JsonSchema, style: SampleStyle) => unknown;

const byType: Readonly<Record<string, Sample>> = {
  enum: ({ enum: values = [] }, style) => oneOf(values, style),
  const: ({ const: value }) => value,
  object: (schema, style) => object(schema, style),
  array: ({ minItems = 0, items = {} }, style) =>
    Array.from({ length: Math.max(minItems, style.optional ? 2 : 0) }, () =>
      sampleOf(items, style),
    ),
  string: (schema, style) =>
    schema.contentEncoding ? Uint8Array.of(0, 127, 128, 255) : string(schema, style),
  integer: (schema, style) => Math.max(least(schema), style.optional ? 42 : 0),
  number: (schema, style) =>
    Math.min(Math.max(least(schema), style.optional ? 4.2 : 0), schema.maximum ?? Infinity),
  boolean: (_, { optional }) => optional,
  null: () => null,
};

function typeOf(schema: JsonSchema, style: SampleStyle): string {
  if ('const' in schema) return 'const';
  if (schema.enum) return 'enum';
  return typeof schema.type === 'object' ? oneOf(schema.type, style) : (schema.type ?? 'anything');
}

function samples(type: string): Sample {
  const sample = byType[type];
  if (!sample) throw new Error(`There is no sample for a schema of type ${type}.`);
  return sample;
}

const least = ({ minimum = 0, exclusiveMinimum = -1 }: JsonSchema) =>
  Math.max(minimum, exclusiveMinimum + 1);

/** The full sample has the first of what is possible, the least sample the last: mostly null. */
const oneOf = <T>(choices: readonly T[], { optional }: SampleStyle): T =>
  choices.at(optional ? 0 : -1) as T;

function object(schema: JsonSchema, style: SampleStyle): object {
  const wanted = Object.entries(schema.properties ?? {}).filter(
    ([name]) => style.optional || schema.required?.includes(name),
  );
  const fields = wanted.map(([name, one]) => [name, sampleOf(one, style)]);
  if (typeof schema.additionalProperties === 'object' && style.optional) {
    const name = string(schema.propertyNames ?? {}, { ...style, text: 'label' });
    fields.push([name, sampleOf(schema.additionalProperties, style)]);
  }
  return Object.fromEntries(fields);
}

function string({ pattern }: JsonSchema, { text }: SampleStyle): string {
  if (pattern === undefined) return text;
  const fitting = [text, ...candidates].find((one) => new RegExp(pattern, 'u').test(one));
  if (fitting === undefined) throw new Error(`No candidate fits ${pattern}: add one.`);
  return fitting;
}

/** Reads data that was shown as JSON back through the schema that describes it. */
export const fitsJsonSchema = (schema: object, shown: unknown): boolean =>
  z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(shown).success;
