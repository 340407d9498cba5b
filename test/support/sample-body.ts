import { z } from 'zod';
import type { Random } from './random.ts';

type Schema = {
  readonly type?: string | readonly string[] | undefined;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
};

/** A body that has the documented shape. `known` gives the texts that a shape alone cannot. */
export function sampleBody(
  schema: unknown,
  known: Readonly<Record<string, unknown>>,
  random: Random,
): unknown {
  if (!(schema instanceof z.ZodType)) return undefined;
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return valueOf(shape as Schema, '', known, random);
}

function valueOf(
  schema: Schema,
  name: string,
  known: Readonly<Record<string, unknown>>,
  random: Random,
): unknown {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return valueOf(choices[random.below(choices.length)] ?? {}, name, known, random);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[random.below(schema.enum.length)];
  return ofType(schema, name, known, random);
}

function ofType(
  schema: Schema,
  name: string,
  known: Readonly<Record<string, unknown>>,
  random: Random,
): unknown {
  switch (typeIn(schema, random)) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([key]) => schema.required?.includes(key) || random.next() < 0.7)
          .map(([key, inner]) => [key, valueOf(inner, key, known, random)]),
      );
    case 'array':
      return [valueOf(schema.items ?? {}, name, known, random)];
    case 'integer':
    case 'number':
      return least(schema);
    case 'boolean':
      return known[name] === true || random.next() < 0.5;
    case 'null':
      return null;
    default:
      return known[name] ?? 'text';
  }
}

const least = ({ minimum = 0, exclusiveMinimum }: Schema): number =>
  exclusiveMinimum === undefined ? minimum : 1;

const typeIn = ({ type = 'string' }: Schema, random: Random): string =>
  typeof type === 'string' ? type : (type[random.below(type.length)] ?? 'string');
