import type { CascadeId, ModelId } from '#domain/ids.ts';

const shipped = (cascadeId: string, models: readonly string[]) => ({
  cascadeId: cascadeId as CascadeId,
  models: models as readonly ModelId[],
});

/**
 * The tasks' own cascades, by the name of the task; offline comes last. Published at the first
 * start, where there is none of that id; from then on they are the operator's.
 */
export const shippedCascades = [
  shipped('converse', ['gpt-5-mini', 'claude-haiku-4-5', 'offline']),
  shipped('draft', ['claude-sonnet-4-5', 'gpt-5.2', 'claude-haiku-4-5', 'offline']),
  shipped('rewrite', ['claude-haiku-4-5', 'gpt-4.1-mini', 'offline']),
  shipped('summarise', ['gpt-4.1-mini', 'claude-haiku-4-5', 'offline']),
  shipped('continue', ['claude-haiku-4-5', 'gpt-5-mini', 'offline']),
];
