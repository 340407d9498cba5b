import { z } from 'zod';
import type { ApiAnswer, ApiClient } from '#api/cli/api-client.ts';
import { ApiError } from '#api/cli/api-error.ts';
import type { Edit } from '#domain/document/edits.ts';

const Written = z.object({ id: z.uuid(), revision: z.int() });
const Shown = z.object({
  revision: z.int(),
  sections: z.array(z.object({ id: z.string(), text: z.string() })),
});

export type ShownDocument = z.infer<typeof Shown>;

/** What an import needs of the public API. */
export type DocumentClient = {
  create(title: string, markdown: string, key: string): Promise<{ id: string; revision: number }>;
  /** Answers the revision; undefined when the document is no longer at `ifMatch`. */
  edit(
    id: string,
    edits: readonly Edit[],
    ifMatch: number,
    key: string,
  ): Promise<number | undefined>;
  /** Undefined when there is none that this key may read. */
  markdown(id: string, at?: number): Promise<{ text: string; revision: number } | undefined>;
  show(id: string): Promise<ShownDocument>;
};

export function documentClient(api: ApiClient): DocumentClient {
  const path = (id: string) => `/v1/documents/${id}`;
  return {
    create: async (title, markdown, idempotencyKey) => {
      const body = { title, ...(markdown !== '' && { markdown }) };
      const request = { path: '/v1/documents', body, idempotencyKey } as const;
      return parsed(Written, await api.send({ method: 'POST', ...request }));
    },
    edit: async (id, edits, ifMatch, idempotencyKey) => {
      const request = { path: `${path(id)}/edits`, body: { edits }, ifMatch, idempotencyKey };
      const answer = await unless(412, () => api.send({ method: 'POST', ...request }));
      return answer && parsed(Written, answer).revision;
    },
    markdown: async (id, at) => {
      const query = at === undefined ? '' : `?at=revision:${at}`;
      const request = { path: `${path(id)}${query}`, accept: 'text/markdown' };
      const answer = await unless(404, () => api.send({ method: 'GET', ...request }));
      return answer && { text: answer.text, revision: answer.revision };
    },
    show: async (id) => parsed(Shown, await api.send({ method: 'GET', path: path(id) })),
  };
}

async function unless(
  status: number,
  send: () => Promise<ApiAnswer>,
): Promise<ApiAnswer | undefined> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof ApiError && error.status === status) return undefined;
    throw error;
  }
}

function parsed<T>(schema: z.ZodType<T>, { text }: ApiAnswer): T {
  const result = schema.safeParse(JSON.parse(text));
  if (result.success) return result.data;
  throw new Error('This is no answer of a Palimpsest server. Is --server right?');
}
