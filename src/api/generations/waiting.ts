import type { FastifyReply } from 'fastify';
import type { Begun } from '#commands/generation/wanted.ts';
import type { Ended, Watched } from '#commands/generation/under-way.ts';

/**
 * Waits for a generation as long as its client does: one who hangs up calls it off, unless it may
 * go on for a while. The answer then goes nowhere.
 */
export async function endOf(begun: Begun, reply: FastifyReply): Promise<Ended> {
  if ('ended' in begun) return begun.ended;
  const leave = staying(begun.running, reply);
  try {
    return await begun.running.ended;
  } finally {
    leave();
  }
}

/** Stays until it is told to leave, or until the client is gone. */
export function staying(running: Watched, { raw }: FastifyReply): () => void {
  const leave = running.attach();
  raw.once('close', leave);
  if (raw.destroyed) leave();
  return leave;
}

/** Aborts when the client is gone. */
export function gone({ raw }: FastifyReply): AbortSignal {
  const leaving = new AbortController();
  raw.once('close', () => leaving.abort());
  if (raw.destroyed) leaving.abort();
  return leaving.signal;
}
