import { z } from 'zod';
import { MemberId, ModelId } from '#domain/ids.ts';
import { Answer } from './asked.ts';
import { GenerationId } from './ids.ts';

/** An answer as a cache keeps it, sealed. */
export const KeptAnswer = z.object({
  generation: GenerationId,
  model: ModelId,
  answer: Answer,
  finish: z.string().optional(),
  /** Milliseconds since 1970. */
  keptAt: z.number(),
});
export type KeptAnswer = z.infer<typeof KeptAnswer>;

/** With whose key it is sealed. */
export const SealedAnswer = z.object({ member: MemberId, sealed: z.base64() });
