import { once } from 'node:events';
import { Agent, type Dispatcher, request } from 'undici';
import type { Clock } from '#commands/ports.ts';

/** Behind the last event of a stream comes the end of the body, else the connection is given up. */
const END_MS = 1_000;
const END_BYTES = 64 * 1024;
/** Of an answer that is an error: whoever sends more is not heard out. */
const MOST_ERROR_BYTES = 256 * 1024;
const NO_BODY = new Set([204, 205, 304]);

/** Of the whole process, so that a provider's connections are used again by whoever calls next. */
const connections = new Agent();

type Answer = Dispatcher.ResponseData;

/**
 * What both client libraries are given as their `fetch`. They stop reading at the last event of a
 * stream, and `fetch` then closes the connection, so that each call would make a new one, with TLS;
 * this reads the rest. It follows no redirections, because they would carry the key to another
 * host, and makes no web streams, which cost more than all else in it.
 */
export const providerFetch =
  (clock: Pick<Clock, 'sleep'>): typeof fetch =>
  async (url, init = {}) => {
    const call = new AbortController();
    const callOff = () => call.abort();
    init.signal?.addEventListener('abort', callOff, { once: true });
    const detach = () => init.signal?.removeEventListener('abort', callOff);
    if (init.signal?.aborted === true) callOff();
    try {
      const answer = await request(url instanceof Request ? url.url : url, {
        method: init.method ?? 'GET',
        headers: [...new Headers(init.headers)].flat(),
        body: init.body as string | null,
        signal: call.signal,
        dispatcher: connections,
      });
      answer.body.once('close', detach);
      return await responseOf(answer, clock, detach);
    } catch (error) {
      detach();
      throw error;
    }
  };

async function responseOf(
  { statusCode: status, headers, body }: Answer,
  clock: Pick<Clock, 'sleep'>,
  detach: () => void,
): Promise<Response> {
  const init = { status, headers: headersOf(headers) };
  if (NO_BODY.has(status)) {
    await body.dump();
    return new Response(null, init);
  }
  if (status < 200 || status > 299) return new Response(await startOf(body), init);
  const chunks = body.iterator({ destroyOnReturn: false });
  const events: AsyncIterableIterator<Uint8Array> = {
    next: () => chunks.next() as Promise<IteratorResult<Uint8Array>>,
    return: async () => {
      detach();
      void readToTheEnd(body, clock);
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => events,
  };
  return Object.defineProperty(new Response(null, init), 'body', { value: events });
}

function headersOf(from: Answer['headers']): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(from)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  return headers;
}

async function startOf(body: Answer['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MOST_ERROR_BYTES) break;
  }
  return Buffer.concat(chunks).toString();
}

async function readToTheEnd(body: Answer['body'], clock: Pick<Clock, 'sleep'>): Promise<void> {
  if (body.closed) return;
  const over = new AbortController();
  const closed = once(body, 'close').catch(() => undefined);
  void body.dump({ limit: END_BYTES }).catch(() => undefined);
  await Promise.race([closed, clock.sleep(END_MS, over.signal)]);
  over.abort(null);
  if (!body.closed) body.destroy();
}
