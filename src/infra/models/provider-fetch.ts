import { once } from 'node:events';
import { type Readable, pipeline } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { type Dispatcher, errors, request } from 'undici';
import type { Clock } from '#commands/ports.ts';

/** Behind the last event of a stream comes the end of the body, else the connection is given up. */
const END_MS = 1_000;
const END_BYTES = 64 * 1024;
/** Of an answer that is an error: whoever sends more, or for longer, is not heard out. */
const MOST_ERROR_MS = 5_000;
const MOST_ERROR_BYTES = 256 * 1024;
const NO_BODY = new Set([204, 205, 304]);
/** `Response` takes no greater status, and whatever is above means no more than that. */
const MOST_STATUS = 599;

type Answer = Dispatcher.ResponseData;
type Call = {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal: AbortSignal;
  /** Afterwards nobody can call it off any more. */
  readonly detach: () => void;
};

/**
 * What both client libraries are given as their `fetch`. They stop reading at the last event of a
 * stream, and `fetch` then closes the connection, so that each call would make a new one, with TLS;
 * this reads the rest. It follows no redirections, because they would carry the key to another
 * host, and makes no web streams, which cost more than all else in it. Connections are those of the
 * process, so `NODE_USE_ENV_PROXY` holds for them.
 */
export const providerFetch =
  (clock: Pick<Clock, 'sleep'>): typeof fetch =>
  async (url, init = {}) => {
    const calling = new AbortController();
    const { signal } = calling;
    const callOff = () => calling.abort();
    init.signal?.addEventListener('abort', callOff, { once: true });
    const detach = () => init.signal?.removeEventListener('abort', callOff);
    if (init.signal?.aborted === true) callOff();
    const headers = new Headers(init.headers);
    // Whoever says nothing may be sent anything.
    if (!headers.has('accept-encoding')) headers.set('accept-encoding', 'identity');
    try {
      signal.throwIfAborted();
      const answer = await request(url instanceof Request ? url.url : url, {
        method: init.method ?? 'GET',
        headers: [...headers].flat(),
        body: init.body as string | null,
        signal,
      });
      answer.body.once('close', detach);
      return await responseOf(answer, { clock, signal, detach });
    } catch (error) {
      detach();
      throw error instanceof errors.ConnectTimeoutError ? unconnected(error) : error;
    }
  };

/**
 * By the word in its name both client libraries would take it for the silence of whoever has the
 * request, and may bill it.
 */
const unconnected = ({ code }: errors.ConnectTimeoutError): Error =>
  Object.assign(new Error('No connection was made.'), { code });

async function responseOf({ statusCode, headers, body }: Answer, call: Call): Promise<Response> {
  const status = Math.min(statusCode, MOST_STATUS);
  const init = { status, headers: headersOf(headers) };
  if (NO_BODY.has(status)) {
    await body.dump();
    return new Response(null, init);
  }
  const content = decoded(body, init.headers.get('content-encoding'));
  if (status < 200 || status > 299) return new Response(await startOf(content, call), init);
  const chunks = content.iterator({ destroyOnReturn: false });
  const events: AsyncIterableIterator<Uint8Array> = {
    next: () => chunks.next() as Promise<IteratorResult<Uint8Array>>,
    return: async () => {
      call.detach();
      void readToTheEnd(content, call);
      // While it listens, nothing flows to anybody else.
      void chunks.return?.().catch(() => undefined);
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

// What has come is passed on at once, and one that ends without its checksum has ended.
const zlib = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const brotli = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
};

/** Some gateways compress whatever they were asked. */
function decoded(body: Readable, encoding: string | null): Readable {
  const unheard = () => undefined;
  switch ((encoding ?? '').toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return pipeline(body, createGunzip(zlib), unheard);
    case 'deflate':
      return pipeline(body, createInflate(zlib), unheard);
    case 'br':
      return pipeline(body, createBrotliDecompress(brotli), unheard);
    default:
      return body;
  }
}

/** The status says most, so that it is answered with whatever came behind it. */
async function startOf(content: Readable, { clock, signal }: Call): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const over = new AbortController();
  void clock.sleep(MOST_ERROR_MS, over.signal).then(() => content.destroy());
  try {
    for await (const chunk of content as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MOST_ERROR_BYTES) break;
    }
  } catch (error) {
    if (signal.aborted) throw error;
  } finally {
    over.abort(null);
  }
  return Buffer.concat(chunks).toString();
}

async function readToTheEnd(content: Readable, { clock }: Call): Promise<void> {
  if (content.closed) return;
  const over = new AbortController();
  const closed = once(content, 'close').catch(() => undefined);
  let bytes = 0;
  content.on('error', () => undefined);
  content.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > END_BYTES) content.destroy();
  });
  await Promise.race([closed, clock.sleep(END_MS, over.signal)]);
  over.abort(null);
  if (!content.closed) content.destroy();
}
