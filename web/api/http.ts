import type { Problem } from './shapes.ts';

/** What the server refused, or that it could not be reached (`offline`), in words. */
export class Refused extends Error {
  readonly code: string;

  constructor({ code, title }: Pick<Problem, 'code' | 'title'>) {
    super(title);
    this.name = 'Refused';
    this.code = code;
  }
}

type More = {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
};

export type Http = ReturnType<typeof http>;

/** Calls of the API as whoever has the credential, which goes in a header and nowhere else. */
export function http(credential: string) {
  const send = async <Answer>(method: string, path: string, more: More = {}) => {
    const { headers, signal } = more;
    const answer = await fetch(path, {
      ...more,
      method,
      headers: { authorization: `Bearer ${credential}`, ...headers },
    }).catch((error: unknown) => {
      if (signal?.aborted === true) throw error;
      throw new Refused({ code: 'offline', title: 'The server cannot be reached.' });
    });
    if (answer.status === 204) return undefined as Answer;
    const body: unknown = await answer.json().catch(() => undefined);
    if (answer.ok) return body as Answer;
    throw new Refused(isProblem(body) ? body : unknownProblem);
  };
  return {
    get: <Answer>(path: string, signal?: AbortSignal) =>
      send<Answer>('GET', path, signal ? { signal } : {}),
    post: <Answer>(path: string, body: object) =>
      send<Answer>('POST', path, {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    remove: (path: string) => send<undefined>('DELETE', path),
  };
}

const unknownProblem = { code: 'internal', title: 'The server could not answer.' };

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && 'title' in body;
