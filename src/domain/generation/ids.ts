import { z } from 'zod';

export const GenerationId = z.uuid().toLowerCase().brand<'GenerationId'>();
export type GenerationId = z.infer<typeof GenerationId>;
