import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Written } from '#api/deps.ts';
import { replyWritten } from '#api/position.ts';

/** The answer of a write: what was written, and its revision from now on. */
export const Changed = z.object({ id: z.string(), revision: z.int() });

/** Answers 201 with its address when something was made, else 200. */
export function answerWritten(
  reply: FastifyReply,
  id: string,
  written: Written,
  madeAt?: string,
): FastifyReply {
  if (madeAt !== undefined) reply.code(201).header('location', madeAt);
  return replyWritten(reply, written).send({ id, revision: written.revision });
}
