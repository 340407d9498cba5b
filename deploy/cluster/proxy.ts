import proxy from '@fastify/http-proxy';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';

const CHECK_MS = 500;
const CHECK_WITHIN_MS = 2_000;

export type Proxy = {
  readonly url: string;
  /** Those that answered the last look. */
  healthy(): readonly string[];
  stop(): Promise<void>;
};

/**
 * Passes requests on to the processes that are ready. Those for one document go to the same one as
 * long as it lives, so that two processes seldom write to one document at once; whoever is right is
 * still decided by the log.
 */
export async function startProxy(upstreams: () => readonly string[], port: number): Promise<Proxy> {
  let healthy: readonly string[] = [];
  const look = async () => {
    const looked = await Promise.all(
      upstreams().map(async (url) => ((await isReady(url)) ? [url] : [])),
    );
    healthy = looked.flat();
  };
  await look();
  const timer = setInterval(() => void look(), CHECK_MS);

  const app: FastifyInstance = Fastify({ forceCloseConnections: true });
  await app.register(proxy, {
    upstream: '',
    websocket: true,
    // A read may be asked of another process; whether a write happened, its sender finds out by
    // sending it again with the same key.
    retryMethods: ['GET', 'HEAD', 'OPTIONS'],
    replyOptions: {
      getUpstream: (request) => chosen(healthy, keyOf(request as FastifyRequest)),
      onError: (reply) =>
        reply
          .code(503)
          .header('retry-after', '1')
          .send({ title: 'No process answers.', status: 503 }),
    },
    preHandler: async (_request, reply) => {
      if (healthy.length === 0)
        await reply
          .code(503)
          .header('retry-after', '1')
          .send({ title: 'No process is ready.', status: 503 });
    },
  });
  const url = await app.listen({ host: '127.0.0.1', port });

  return {
    url,
    healthy: () => healthy,
    stop: async () => {
      clearInterval(timer);
      await app.close();
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  const asked = fetch(`${url}/readyz`, { signal: AbortSignal.timeout(CHECK_WITHIN_MS) });
  return await asked.then(
    ({ ok }) => ok,
    () => false,
  );
}

const document = /^\/v1\/documents\/(?<id>[0-9a-f-]{36})/;

const keyOf = ({ url, id }: FastifyRequest): string => document.exec(url)?.groups?.['id'] ?? id;

/**
 * Rendezvous hashing (Thaler and Ravishankar, 1998): when a process goes, only its own keys move.
 */
function chosen(urls: readonly string[], key: string): string {
  const weighed = urls.map((url) => ({ url, weight: fnv(`${key} ${url}`) }));
  return weighed.toSorted((a, b) => b.weight - a.weight)[0]?.url ?? '';
}

function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return hash;
}
