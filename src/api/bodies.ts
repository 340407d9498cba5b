import type { FastifyInstance, FastifyRequest } from 'fastify';
import { checkStorable, parseJsonBody } from './json-body.ts';
import { Problem } from './problem.ts';

/** JSON is the only body; whatever is read of a request must be text that can be stored. */
export function readBodies(app: FastifyInstance) {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      mustBePlain(request);
      request.bodyBytes = bytes;
      return parseJsonBody(bytes);
    },
  );
  app.addHook('preValidation', async (request) => {
    checkStorable('query', request.query);
    checkStorable('path', request.params);
  });
}

/** Bytes that say they are something else are not guessed at. */
function mustBePlain({ headers }: FastifyRequest) {
  const encoding = headers['content-encoding'] ?? 'identity';
  const charset = /;\s*charset="?([^";\s]*)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  if (encoding.toLowerCase() === 'identity' && /^utf-?8$/i.test(charset)) return;
  throw new Problem('request/unsupported-media-type');
}
