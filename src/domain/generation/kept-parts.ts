import { z } from 'zod';

/** What a generation has shown, as it is kept, sealed, for whoever comes back for it. */
export const KeptParts = z.array(
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: z.string() }),
    z.object({
      type: z.literal('tool-call'),
      index: z.int(),
      id: z.string().optional(),
      name: z.string().optional(),
      arguments: z.string(),
    }),
    z.object({ type: z.literal('attempt'), attempt: z.int(), model: z.string() }),
    z.object({ type: z.literal('again') }),
  ]),
);
