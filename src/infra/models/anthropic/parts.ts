import type Anthropic from '@anthropic-ai/sdk';
import type { FinishReason } from '#commands/generation/model-port.ts';
import { ModelError } from '#domain/generation/model-error.ts';
import type { ReportedUsage } from '#domain/usage.ts';
import type { RawPart } from '#infra/models/attempt.ts';

type Event = Anthropic.RawMessageStreamEvent;
type Reported = Partial<Anthropic.Usage> | Anthropic.MessageDeltaUsage | null | undefined;

/** A stream of events in our form. */
export async function* partsOf(events: AsyncIterable<Event>): AsyncGenerator<RawPart> {
  const tools = toolCalls();
  for await (const event of events) {
    if (event.type === 'message_stop') return;
    yield* isOfBlock(event) ? partsOfBlock(event, tools) : partsOfMessage(event);
  }
}

type OfBlock = Extract<Event, { readonly index: number }>;
type OfMessage = Anthropic.RawMessageStartEvent | Anthropic.RawMessageDeltaEvent;

const isOfBlock = (event: OfBlock | OfMessage): event is OfBlock => 'index' in event;

function* partsOfMessage(event: OfMessage): Generator<RawPart> {
  switch (event.type) {
    case 'message_start':
      if (typeof event.message !== 'object') throw new ModelError('malformed');
      yield { type: 'started', model: event.message.model };
      // What it says of the answer here is a beginning, not a count.
      yield { type: 'reported', usage: inputOf(event.message.usage) };
      return;
    case 'message_delta': {
      const { stop_reason: reason } = event.delta;
      yield { type: 'reported', usage: usageOf(event.usage) };
      if (reason) yield { type: 'finish', reason: reasons[reason] ?? 'stop' };
    }
  }
}

function* partsOfBlock(event: OfBlock, tools: ToolCalls): Generator<RawPart> {
  switch (event.type) {
    case 'content_block_start':
      if (event.content_block.type === 'tool_use') yield tools.begin(event);
      return;
    case 'content_block_delta':
      if (event.delta.type === 'text_delta') yield { type: 'text', text: event.delta.text };
      if (event.delta.type === 'input_json_delta') {
        yield* tools.goOn(event.index, event.delta.partial_json);
      }
      return;
    case 'content_block_stop':
      yield* tools.end(event.index);
  }
}

const reasons: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  refusal: 'filtered',
} satisfies Record<Anthropic.StopReason, FinishReason>;

type ToolCalls = ReturnType<typeof toolCalls>;

/** Theirs are blocks among others, ours are counted by themselves. */
function toolCalls() {
  const open = new Map<number, { readonly index: number; isEmpty: boolean }>();
  let count = 0;
  return {
    begin: ({
      index: block,
      content_block: tool,
    }: Anthropic.RawContentBlockStartEvent): RawPart => {
      const index = count++;
      open.set(block, { index, isEmpty: true });
      const { id, name } = tool as Anthropic.ToolUseBlock;
      return { type: 'tool-call', index, id, name, arguments: '' };
    },
    goOn: function* (block: number, json: string): Generator<RawPart> {
      const call = open.get(block);
      if (!call || json === '') return;
      call.isEmpty = false;
      yield { type: 'tool-call', index: call.index, arguments: json };
    },
    /** A call without arguments has none at all there, and the empty object in OpenAI's form. */
    end: function* (block: number): Generator<RawPart> {
      const call = open.get(block);
      if (call?.isEmpty === true) {
        yield { type: 'tool-call', index: call.index, arguments: '{}' };
      }
    },
  };
}

/** Theirs leaves cached tokens out of the input. */
function inputOf(usage: Reported): ReportedUsage {
  if (usage?.input_tokens == null) return {};
  const cacheReadTokens = usage.cache_read_input_tokens ?? 0;
  const cacheWriteTokens = usage.cache_creation_input_tokens ?? 0;
  return {
    inputTokens: usage.input_tokens + cacheReadTokens + cacheWriteTokens,
    cacheReadTokens,
    cacheWriteTokens,
  };
}

const usageOf = (usage: Reported): ReportedUsage => ({
  ...inputOf(usage),
  ...(usage?.output_tokens != null && {
    outputTokens: usage.output_tokens,
    reasoningTokens: usage.output_tokens_details?.thinking_tokens,
  }),
});
