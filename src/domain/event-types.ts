import { z } from 'zod';
import { actorEvents } from './actor/events.ts';
import { alertEvents } from './alert/events.ts';
import { apiKeyEvents } from './api-key/events.ts';
import { budgetEvents } from './budget/events.ts';
import { cascadeEvents } from './cascade/events.ts';
import { commentEvents } from './comment/events.ts';
import { policyEvents } from './compliance/policy/events.ts';
import { deliveryEvents } from './delivery/events.ts';
import { documentEvents } from './document/events.ts';
import type { EventDefinitions } from './event.ts';
import { generationEvents } from './generation/events.ts';
import { groupEvents } from './group/events.ts';
import { identityProviderEvents } from './identity-provider/events.ts';
import { memberEvents } from './member/events.ts';
import { modelEvents } from './model/events.ts';
import { planEvents } from './plan/events.ts';
import { projectionEvents } from './projection/events.ts';
import { providerEvents } from './provider/events.ts';
import { providerKeyEvents } from './provider-key/events.ts';
import type { StreamKind } from './stream.ts';
import { suggestionEvents } from './suggestion/events.ts';
import { tenantEvents } from './tenant/events.ts';
import { webhookEvents } from './webhook/events.ts';

/** The events of every slice. A type's name is unique over all of them. */
export const slices: readonly EventDefinitions[] = [
  tenantEvents,
  planEvents,
  providerEvents,
  modelEvents,
  cascadeEvents,
  providerKeyEvents,
  policyEvents,
  memberEvents,
  groupEvents,
  apiKeyEvents,
  identityProviderEvents,
  documentEvents,
  actorEvents,
  commentEvents,
  suggestionEvents,
  generationEvents,
  budgetEvents,
  alertEvents,
  webhookEvents,
  deliveryEvents,
  projectionEvents,
];

/** Every type of event there is. */
export const eventTypes: EventDefinitions = Object.assign({}, ...slices);

/** What one version of one type looks like, for whoever reads events outside of Palimpsest. */
export type EventTypeSchema = {
  readonly type: string;
  readonly version: number;
  readonly kind: StreamKind;
  /** JSON Schema 2020-12 of the event's data as `toJson` shows it. */
  readonly schema: object;
};

/** Every version of every type that may stand in a log, by name. */
export function eventTypeSchemas(definitions = eventTypes): EventTypeSchema[] {
  return Object.entries(definitions)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([type, { kind, version, schema, older = [] }]) =>
      [...older.slice(0, version - 1), schema].map((one, index) => ({
        type,
        version: index + 1,
        kind,
        schema: jsonSchema(one),
      })),
    );
}

const base64 = { type: 'string', contentEncoding: 'base64' } as const;

const jsonSchema = (schema: z.ZodType): object =>
  z.toJSONSchema(schema, {
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // Fields may be added to an event; a reader that keeps an older schema must not trip on them.
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      if (!(zodSchema instanceof z.ZodCustom)) return;
      // The only custom type in stored events is `bytes()`.
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      Object.assign(jsonSchema, base64);
    },
  });

/** An event's data as JSON can hold it: bytes become base64, as the schemas say. */
export function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, toJson(one)]));
}
