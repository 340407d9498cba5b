import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from './problem.ts';

// A stream's revision travels as an ETag, so `If-Match` is our optimistic lock over HTTP.

export const etagOf = (revision: number | string) => `"${revision}"`;

/** The revision that `If-Match` insists on. `*` is refused: it would insist on nothing. */
export function revisionFrom(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined) return undefined;
  const revision = /^"(\d{1,15})"$/.exec(ifMatch.trim())?.[1];
  if (revision === undefined) throw new Problem('request/bad-precondition');
  return Number(revision);
}

/**
 * Sets the ETag, and answers 304 (true) when the reader already has this revision. Compares
 * weakly, as RFC 9110 §13.1.2 says for `If-None-Match`.
 */
export function notModified(
  request: FastifyRequest,
  reply: FastifyReply,
  revision: number | string,
): boolean {
  const etag = etagOf(revision);
  reply.header('etag', etag);
  const known = request.headers['if-none-match']
    ?.split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''));
  if (!known?.includes(etag) && !known?.includes('*')) return false;
  reply.code(304);
  return true;
}
