import type { RouteOptions } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';

type Transform = typeof jsonSchemaTransform;

const text = (description: string) => ({ type: 'string', description });

const ofCommands = {
  'idempotency-key': text('1 to 255 visible ASCII characters: a repeat gets the first outcome.'),
  'if-match': text('The ETag of the revision you insist on: another one is answered 412.'),
};
const ofViews = {
  'palimpsest-min-position': text('A Palimpsest-Position: waits until the views have reached it.'),
};
const ofObjects = { 'if-none-match': text('The ETag you have: answered 304 while it is current.') };

const problem = {
  description: 'Refused, and why: `code` is for programs, `errors` names fields.',
  content: {
    'application/problem+json': {
      schema: {
        type: 'object',
        required: ['type', 'title', 'status', 'code', 'correlationId'],
        properties: {
          type: text('Where the code is explained.'),
          title: text('What is wrong, for people.'),
          status: { type: 'integer' },
          code: text('For example `document/not-found`.'),
          correlationId: text('Finds the request in the logs.'),
          errors: {
            type: 'array',
            items: {
              type: 'object',
              required: ['in', 'path', 'message'],
              properties: {
                in: { enum: ['body', 'query', 'path', 'headers'] },
                path: text('Of the field, with dots.'),
                message: text('What is accepted.'),
              },
            },
          },
        },
      },
    },
  },
};

/** The route's own schemas, and what every route has: headers, problems, and who may ask. */
export const describeOperation: Transform = (document) => {
  const { schema, url } = jsonSchemaTransform(document);
  if (!schema || schema.hide) return { schema, url };
  const { route } = document as unknown as { route: RouteOptions };
  const headers = headersOf(route);
  return {
    url,
    schema: {
      ...schema,
      ...(headers && { headers: { type: 'object', properties: headers } }),
      ...(route.config?.audience === 'public' && { security: [] }),
      ...(route.config?.audience === 'operator' && { security: [{ key: [] }] }),
      response: { ...(schema.response as object | undefined), default: problem },
    },
  };
};

function headersOf({ method, config, schema }: RouteOptions): object | undefined {
  if (config?.audience === 'public') return undefined;
  if (method !== 'GET') return ofCommands;
  const { response } = (schema ?? {}) as { response?: Readonly<Record<string, unknown>> };
  const headers = {
    ...(config?.views?.length && ofViews),
    ...(response && '304' in response && ofObjects),
  };
  return Object.keys(headers).length > 0 ? headers : undefined;
}
