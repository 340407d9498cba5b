import type { Filter } from '#commands/filter/filter-port.ts';
import type { FilteredPrompt } from '#commands/filter/filter-prompt.ts';
import type { CommandRequest } from '#commands/handle.ts';
import { askedOf } from '#domain/generation/asked.ts';
import type { RequestGeneration } from '#domain/generation/decide.ts';
import type { Ending, Served } from '#domain/generation/ending.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import type { Prompt } from '#domain/generation/prompt.ts';
import { Rejected } from '#domain/rejected.ts';
import type { AnswerPlace } from './answer-cache.ts';
import { cachedAnswer } from './cached-answer.ts';
import type { Ended } from './under-way.ts';
import type { GeneratePorts, Wanted } from './wanted.ts';

// Generations that ask no model and no budget: blocked, or answered before.

export type Given = Pick<FilteredPrompt, 'prompt' | 'flags'> & { readonly wanted: Wanted };
export type Place = { readonly filter: Filter; readonly place: AnswerPlace | undefined };
type Ports = Pick<GeneratePorts, 'generations' | 'answers' | 'clock'>;

export const blockedAt = async (
  { generations }: Ports,
  id: GenerationId,
  { wanted, prompt, flags }: Given,
  request: CommandRequest,
): Promise<Ended> => {
  const asked = requestWith(wanted, prompt, { models: [], skipped: [] });
  const findings = flags.flatMap((flag) => flag.findings);
  const rules = findings.flatMap(({ action, rule }) => (action === 'block' ? [rule] : []));
  const decided = { blocked: { direction: 'prompt' as const, rules } };
  return await generations(id, { type: 'RequestGeneration', asked, flags, decided }, request);
};

/** `reason`: why no model was asked, where that is not the client's wish. */
export async function servedFrom(
  { generations }: Ports,
  id: GenerationId,
  { wanted, prompt, flags }: Given,
  request: CommandRequest,
  { served, flags: found }: Served,
  reason?: string,
): Promise<Ended> {
  const skipped = reason === undefined ? [] : [{ model: served.model, reason }];
  const asked = requestWith(wanted, prompt, { models: [], skipped });
  const all = [...flags, ...found];
  const decided = { served };
  return await generations(id, { type: 'RequestGeneration', asked, flags: all, decided }, request);
}

/** What is there already is better than a refusal, to whoever says so. */
export async function servedInstead(
  ports: Ports,
  id: GenerationId,
  given: Given & Place,
  request: CommandRequest,
  error: unknown,
): Promise<Ended> {
  if (!(error instanceof Rejected)) throw error;
  const found = await cachedAnswer(ports, given.filter, given.place, given.wanted, 'any');
  if (found === undefined) throw error;
  return await servedFrom(ports, id, given, request, found, error.code);
}

/**
 * Where every model failed, what is there already is better than nothing, to whoever says so. It
 * cannot go on where a client has read of another answer.
 */
export async function servedAfter(
  ports: Pick<GeneratePorts, 'answers' | 'clock' | 'warn'>,
  { filter, place, wanted }: Place & { readonly wanted: Pick<Wanted, 'cache'> },
  ending: Ending | undefined,
): Promise<Served | undefined> {
  if (ending?.type !== 'GenerationFailed') return undefined;
  try {
    return await cachedAnswer(ports, filter, place, wanted, 'any');
  } catch (error) {
    ports.warn('no answer was looked for', error);
    return undefined;
  }
}

export const requestWith = (
  { by, target }: Wanted,
  prompt: Prompt,
  planned: Pick<RequestGeneration['asked'], 'models' | 'skipped' | 'shortenedTo'>,
): RequestGeneration['asked'] => ({
  ...('task' in by && { task: by.task }),
  prompt: askedOf(prompt),
  ...planned,
  ...(target !== undefined && { target }),
});
