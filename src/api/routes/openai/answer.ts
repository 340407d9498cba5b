import type { Ended, Shown, UnderWay } from '#commands/generation/under-way.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import { Rejected } from '#domain/rejected.ts';

const finishReasons: Readonly<Record<string, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  filtered: 'content_filter',
};

export type Naming = {
  readonly id: GenerationId;
  /** Seconds since 1970. */
  readonly created: number;
  /** As the client named it. */
  readonly model: string;
};

/** What came of it, or the refusal that says why nothing did. */
export function completionOf({ id, created, model }: Naming, ended: Ended) {
  const { answer, finish, answeredBy } = mustBeCompleted(id, ended);
  const toolCalls = answer.toolCalls.map(({ id, ...called }) => ({
    id,
    type: 'function',
    function: called,
  }));
  const isCall = toolCalls.length > 0;
  return {
    id: `chatcmpl-${id}`,
    object: 'chat.completion',
    created,
    model: answeredBy ?? model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: isCall && answer.text === '' ? null : answer.text,
          refusal: null,
          ...(isCall && { tool_calls: toolCalls }),
        },
        logprobs: null,
        finish_reason: finishReasons[finish ?? 'stop'] ?? 'stop',
      },
    ],
    usage: usageOf(ended),
  };
}

/** Throws why there is no answer, in the words that this API has for it. */
export function mustBeCompleted(id: GenerationId, { state }: Ended) {
  if (state.status === 'completed') return state;
  if (state.status === 'blocked') throw new Rejected('generation/blocked', { generation: id });
  if (state.status === 'aborted') throw new Rejected('generation/aborted', { generation: id });
  const reason = state.status === 'failed' ? (state.reason ?? '') : state.status;
  throw new Rejected('generation/failed', { generation: id, reason });
}

/** Of the attempt that answered. */
function usageOf({ state }: Ended) {
  const debit = 'debits' in state ? state.debits.get(Math.max(...state.debits.keys())) : undefined;
  const { inputTokens = 0, outputTokens = 0 } = debit ?? {};
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: debit?.cacheReadTokens ?? 0 },
    completion_tokens_details: { reasoning_tokens: debit?.reasoningTokens ?? 0 },
  };
}

type Streaming = {
  readonly naming: Naming;
  readonly running: UnderWay;
  readonly includeUsage: boolean;
  readonly signal: AbortSignal;
  readonly leave: () => void;
  /** Pieces that were taken before the answer began. */
  readonly errorText: (error: unknown) => string;
};

/** Chunks as OpenAI streams them; an error in the middle comes as an event of its own, as there. */
export async function* chunksOf(streaming: Streaming): AsyncGenerator<string> {
  const { naming, running, includeUsage, signal } = streaming;
  const { id, created } = naming;
  let { model } = naming;
  const chunk = (choices: object[], usage?: object) =>
    dataText({
      id: `chatcmpl-${id}`,
      object: 'chat.completion.chunk',
      created,
      model,
      choices,
      ...(includeUsage && { usage: usage ?? null }),
    });
  const choice = (delta: object, finish_reason: string | null = null) =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason }]);
  try {
    let hasBegun = false;
    for await (const { part } of running.read(0, signal)) {
      if (part.type === 'attempt') ({ model } = part);
      const delta = deltaOf(part);
      if (delta === undefined) continue;
      if (!hasBegun) yield choice({ role: 'assistant', content: '', refusal: null });
      hasBegun = true;
      yield choice(delta);
    }
    if (signal.aborted) return;
    const ended = await running.ended;
    const { finish } = mustBeCompleted(id, ended);
    if (!hasBegun) yield choice({ role: 'assistant', content: '', refusal: null });
    yield choice({}, finishReasons[finish ?? 'stop'] ?? 'stop');
    if (includeUsage) yield chunk([], usageOf(ended));
    yield 'data: [DONE]\n\n';
  } catch (error) {
    yield streaming.errorText(error);
  } finally {
    streaming.leave();
  }
}

function deltaOf(part: Shown): object | undefined {
  switch (part.type) {
    case 'text':
      return { content: part.text };
    case 'tool-call': {
      const { index, id, name, arguments: given } = part;
      const called = { ...(name !== undefined && { name }), arguments: given };
      const first = id === undefined ? {} : { id, type: 'function' };
      return { tool_calls: [{ index, ...first, function: called }] };
    }
    case 'attempt':
    case 'again':
      return undefined;
  }
}

const dataText = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;
