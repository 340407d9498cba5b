import type OpenAI from 'openai';
import type { FinishReason } from '#commands/generation/model-port.ts';
import { ModelError } from '#domain/generation/model-error.ts';
import type { ReportedUsage } from '#domain/usage.ts';
import type { RawPart } from '#infra/models/attempt.ts';

type Chunk = OpenAI.ChatCompletionChunk;
type Choice = Chunk['choices'][number];

/** A stream of chunks in our form. Of several choices only the first was asked for. */
export async function* partsOf(chunks: AsyncIterable<Chunk>): AsyncGenerator<RawPart> {
  for await (const chunk of chunks) {
    mustBeChunk(chunk);
    yield { type: 'started', model: chunk.model ?? '' };
    const [choice] = chunk.choices;
    if (choice) yield* partsOfChoice(choice);
    if (chunk.usage) yield { type: 'reported', usage: usageOf(chunk.usage) };
  }
}

function* partsOfChoice({ delta, finish_reason: reason }: Choice): Generator<RawPart> {
  // A refusal is an answer too: it was written, and it is billed.
  for (const text of [delta?.content, delta?.refusal]) {
    if (text) yield { type: 'text', text };
  }
  for (const call of delta?.tool_calls ?? []) yield partOfCall(call);
  if (reason) yield { type: 'finish', reason: reasons[reason] ?? 'stop' };
}

const partOfCall = ({
  index,
  id,
  function: called,
}: NonNullable<Choice['delta']['tool_calls']>[number]): RawPart => ({
  type: 'tool-call',
  index,
  ...(id && { id }),
  ...(called?.name && { name: called.name }),
  arguments: called?.arguments ?? '',
});

const reasons: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'filtered',
};

const usageOf = (usage: OpenAI.CompletionUsage): ReportedUsage => ({
  inputTokens: usage.prompt_tokens,
  cacheReadTokens: usage.prompt_tokens_details?.cached_tokens,
  cacheWriteTokens: usage.prompt_tokens_details?.cache_write_tokens,
  outputTokens: usage.completion_tokens,
  reasoningTokens: usage.completion_tokens_details?.reasoning_tokens,
});

/** What claims to speak OpenAI's protocol may send anything. */
function mustBeChunk(chunk: unknown): void {
  const isChunk = typeof chunk === 'object' && chunk !== null && 'choices' in chunk;
  if (!isChunk || !Array.isArray(chunk.choices)) throw new ModelError('malformed');
}
