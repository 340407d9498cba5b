import { filterAnswer } from '#commands/filter/filter-answer.ts';
import type { Filter } from '#commands/filter/filter-port.ts';
import type { Clock } from '#commands/ports.ts';
import type { Answer } from '#domain/generation/asked.ts';
import type { Served } from '#domain/generation/ending.ts';
import type { DataOf } from '#domain/generation/events.ts';
import type { KeptAnswer } from '#domain/generation/kept-answer.ts';
import { type AnswerCache, type AnswerPlace, ageOf } from './answer-cache.ts';
import type { AnswerPart } from './model-port.ts';
import type { Wanted } from './wanted.ts';

type Ports = { readonly answers: AnswerCache; readonly clock: Pick<Clock, 'now'> };

/**
 * An answer from before, if it is young enough (`fresh`) or if one is better than none (`any`). It
 * has to pass the rules that are in force now; one that they block is as good as none.
 */
export async function cachedAnswer(
  { answers, clock }: Ports,
  filter: Filter,
  place: AnswerPlace | undefined,
  { cache }: Pick<Wanted, 'cache'>,
  how: 'fresh' | 'any',
): Promise<Served | undefined> {
  if (place === undefined || cache === undefined) return undefined;
  if (how === 'any' && !cache.stale) return undefined;
  const kept = await answers.find(place);
  if (kept === undefined) return undefined;
  const isStale = ageOf(kept, clock) > cache.maxAgeMs;
  if (isStale && how === 'fresh') return undefined;
  const { answer, flags } = await passed(filter, kept);
  if (flags.some(({ outcome }) => outcome === 'blocked')) return undefined;
  const { generation, model, finish } = kept;
  const since = new Date(kept.keptAt).toISOString();
  const more = finish === undefined ? {} : { finish };
  return { served: { generation, model, since, stale: isStale, answer, ...more }, flags };
}

async function passed(
  filter: Filter,
  { answer: { text, toolCalls } }: KeptAnswer,
): Promise<{ readonly answer: Answer; readonly flags: readonly DataOf<'FlagRaised'>[] }> {
  async function* parts(): AsyncGenerator<AnswerPart> {
    yield { type: 'text', text };
    for (const [index, call] of toolCalls.entries()) yield { type: 'tool-call', index, ...call };
    yield { type: 'finish', reason: 'stop' };
  }
  const filtered = filterAnswer(filter, parts());
  const calls = toolCalls.map((call) => ({ ...call, arguments: '' }));
  let passedText = '';
  for await (const part of filtered.parts) {
    if (part.type === 'text') passedText += part.text;
    if (part.type === 'tool-call') calls[part.index]!.arguments += part.arguments;
  }
  return { answer: { text: passedText, toolCalls: calls }, flags: filtered.flags() };
}
