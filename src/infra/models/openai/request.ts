import type OpenAI from 'openai';
import type { Message, Prompt, Tool, ToolChoice } from '#domain/generation/prompt.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';

type Request = OpenAI.ChatCompletionCreateParamsStreaming;

/** Where servers that speak OpenAI's protocol differ. */
export type OpenAIDialect = {
  /** OpenAI's reasoning models refuse `max_tokens`; many other servers know nothing else. */
  readonly limitField?: 'max_completion_tokens' | 'max_tokens' | undefined;
};

export function requestOf(model: string, prompt: Prompt, { limitField }: OpenAIDialect): Request {
  const { messages, maxTokens, tools, toolChoice, stop } = prompt;
  return {
    model,
    messages: messages.map(messageOf),
    stream: true,
    stream_options: { include_usage: true },
    [limitField ?? 'max_completion_tokens']: maxTokens,
    ...withoutUndefined({
      response_format: formatOf(prompt),
      tools: tools?.length ? tools.map(toolOf) : undefined,
      tool_choice: tools?.length ? choiceOf(toolChoice) : undefined,
      parallel_tool_calls: tools?.length ? prompt.parallelToolCalls : undefined,
      stop: stop?.length ? [...stop] : undefined,
      temperature: prompt.temperature,
      top_p: prompt.topP,
      seed: prompt.seed,
      presence_penalty: prompt.presencePenalty,
      frequency_penalty: prompt.frequencyPenalty,
    }),
  };
}

function messageOf(message: Message): OpenAI.ChatCompletionMessageParam {
  switch (message.role) {
    case 'system':
    case 'user':
      return { role: message.role, content: message.content };
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
    case 'assistant': {
      const { content, toolCalls = [] } = message;
      if (toolCalls.length === 0) return { role: 'assistant', content };
      const calls = toolCalls.map(({ id, name, arguments: given }) => ({
        id,
        type: 'function' as const,
        function: { name, arguments: given },
      }));
      return { role: 'assistant', content: content === '' ? null : content, tool_calls: calls };
    }
  }
}

const toolOf = ({ name, description, parameters, strict }: Tool): OpenAI.ChatCompletionTool => ({
  type: 'function',
  function: { name, ...withoutUndefined({ description, parameters, strict }) },
});

const choiceOf = (choice: ToolChoice | undefined) =>
  typeof choice === 'object'
    ? { type: 'function' as const, function: { name: choice.name } }
    : choice;

function formatOf({ format }: Prompt): Request['response_format'] {
  switch (format?.type) {
    case 'json':
      return { type: 'json_object' };
    case 'json-schema': {
      const { name, schema } = format;
      return { type: 'json_schema', json_schema: { name, schema, strict: true } };
    }
    case 'text':
    case undefined:
      return undefined;
  }
}
