import { z } from 'zod';
import { type SuggestionId, derivedUuid } from '#domain/ids.ts';

export const GenerationId = z.uuid().toLowerCase().brand<'GenerationId'>();
export type GenerationId = z.infer<typeof GenerationId>;

/** The suggestion that an answer becomes. */
export const suggestionOf = (id: GenerationId): SuggestionId =>
  derivedUuid('suggestion', id) as SuggestionId;
