import type { FastifyInstance } from 'fastify';
import { checkStorable, parseJsonBody } from './json-body.ts';

/** JSON is the only body; whatever is read of a request must be text that can be stored. */
export function readBodies(app: FastifyInstance) {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: { bodyBytes: Uint8Array | undefined }, bytes: Buffer) => {
      request.bodyBytes = bytes;
      return parseJsonBody(bytes);
    },
  );
  app.addHook('preValidation', async (request) => {
    checkStorable('query', request.query);
    checkStorable('path', request.params);
  });
}
