import type { Clock } from '#commands/ports.ts';
import { ApiError, apiError } from './api-error.ts';

/** Where a server answers, asked anew for every attempt: one that was restarted may have moved. */
export type Target = { readonly url: () => Promise<string>; readonly key: string };

export type ApiRequest = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
  readonly accept?: string;
  /** Makes it safe to send a POST again whose answer was lost. */
  readonly idempotencyKey?: string;
  readonly ifMatch?: number;
};

export type ApiAnswer = {
  readonly status: number;
  /** UTF-8 as it came: a byte order mark is content. */
  readonly text: string;
  /** From the ETag; -1 without one. */
  readonly revision: number;
};

export type ApiClient = { send(request: ApiRequest): Promise<ApiAnswer> };

export type ApiClientOptions = {
  readonly clock: Clock;
  /** A server that answered once may be away for so long, e.g. because it is restarted. */
  readonly patienceMs: number;
  /** One that never answered may not even be there. */
  readonly firstPatienceMs: number;
  /** Told why an attempt failed that will be made again. */
  readonly onWaiting: (why: string) => void;
};

const ATTEMPT_MS = 60_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

type Failure = { readonly error: Error; readonly waitMs?: number };

/** Speaks to the public API; waits for a server that is busy, restarted or out of reach for a while. */
export function apiClient(target: Target, options: ApiClientOptions): ApiClient {
  const { clock, onWaiting } = options;
  let answered = false;

  async function attempt(request: ApiRequest): Promise<ApiAnswer | Failure> {
    const url = await target.url();
    try {
      const answer = await ask(url, target.key, request);
      answered = true;
      return answer.status < 400 ? answer : refusal(answer);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      const why = `${new URL(url).origin} cannot be reached (${reasonOf(error)})`;
      return { error: new Error(why) };
    }
  }

  return {
    send: async (request) => {
      const began = clock.now().getTime();
      for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
        const result = await attempt(request);
        if (!('error' in result)) return result;
        const patience = answered ? options.patienceMs : options.firstPatienceMs;
        const wait = result.waitMs ?? pause;
        if (clock.now().getTime() + wait > began + patience) throw result.error;
        onWaiting(result.error.message);
        await clock.sleep(wait);
      }
    },
  };
}

type Received = ApiAnswer & { readonly retryAfter: string | null };

async function ask(url: string, key: string, request: ApiRequest): Promise<Received> {
  const { method, path, body, accept, idempotencyKey, ifMatch } = request;
  const response = await fetch(new URL(path, url), {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      accept: accept ?? 'application/json',
      ...(body && { 'content-type': 'application/json' }),
      ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
      ...(ifMatch !== undefined && { 'if-match': `"${ifMatch}"` }),
    },
    ...(body && { body: JSON.stringify(body) }),
    // A key must not follow a redirect to somebody else.
    redirect: 'manual',
    signal: AbortSignal.timeout(ATTEMPT_MS),
  });
  const bytes = await response.arrayBuffer();
  return {
    status: response.status,
    text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
    revision: Number(/^"(\d+)"$/.exec(response.headers.get('etag') ?? '')?.[1] ?? -1),
    retryAfter: response.headers.get('retry-after'),
  };
}

const AGAIN = new Set([408, 429, 502, 503, 504]);

/** Throws what another attempt cannot change. */
function refusal(answer: Received): Failure {
  const error = apiError(answer.status, answer.text);
  if (!AGAIN.has(answer.status)) throw error;
  const seconds = Number(answer.retryAfter ?? Number.NaN);
  return { error, ...(Number.isFinite(seconds) && { waitMs: Math.max(0, seconds) * 1_000 }) };
}

/** `fetch failed` hides what happened in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { cause } = error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code ?? (cause instanceof Error ? cause.message : error.message);
}
