import { z } from 'zod';
import type { Wanted } from '#commands/generation/wanted.ts';
import type { Message, Prompt, Tool } from '#domain/generation/prompt.ts';
import { type CascadeId, ModelId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import {
  MOST_TOKENS,
  USUAL_TIMEOUT_MS,
  USUAL_TOKENS,
  penalty,
  share,
  wishes,
} from '#api/routes/generations/shapes.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';

// The fields of OpenAI's chat completions that have a meaning here. Every other one is refused by
// its name: a client must not believe that a wish was heard which was not.

const MOST_MESSAGES = 1_000;
const MOST_TOOLS = 128;

const Name = z.string().regex(/^[\w-]{1,64}$/, '1 to 64 characters: letters, digits, _ and -');
const Json = z.record(z.string(), z.unknown());
const Text = z.union([
  z.string(),
  z
    .array(z.strictObject({ type: z.literal('text'), text: z.string() }))
    .min(1)
    .max(1_000),
]);
const Called = z.strictObject({
  id: z.string().max(200),
  type: z.literal('function'),
  function: z.strictObject({ name: Name, arguments: z.string() }),
});

const ChatMessage = z.discriminatedUnion('role', [
  z.strictObject({ role: z.enum(['system', 'developer', 'user']), content: Text }),
  z.strictObject({
    role: z.literal('assistant'),
    content: Text.nullish(),
    refusal: z.null().optional(),
    tool_calls: z.array(Called).max(MOST_TOOLS).optional(),
  }),
  z.strictObject({ role: z.literal('tool'), tool_call_id: z.string().max(200), content: Text }),
]);

const maxTokens = z.int().min(1).max(MOST_TOKENS).nullish();

export const ChatBody = z.strictObject({
  model: z
    .string()
    .min(1)
    .max(100)
    .describe('A model, or the name of a task: then its models are tried one after the other'),
  messages: z.array(ChatMessage).min(1).max(MOST_MESSAGES),
  max_completion_tokens: maxTokens,
  max_tokens: maxTokens.describe('The older name of max_completion_tokens'),
  n: z.literal(1).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_usage: z.boolean().optional() }).nullish(),
  stop: z.union([z.string().min(1).max(200), z.array(z.string().min(1).max(200)).max(4)]).nullish(),
  temperature: wishes.temperature.nullish(),
  seed: wishes.seed.nullish(),
  top_p: share.nullish(),
  presence_penalty: penalty.nullish(),
  frequency_penalty: penalty.nullish(),
  parallel_tool_calls: z.boolean().optional(),
  response_format: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('text') }),
      z.strictObject({ type: z.literal('json_object') }),
      z.strictObject({
        type: z.literal('json_schema'),
        json_schema: z.strictObject({ name: Name, schema: Json, strict: z.boolean().nullish() }),
      }),
    ])
    .optional(),
  tools: z
    .array(
      z.strictObject({
        type: z.literal('function'),
        function: z.strictObject({
          name: Name,
          description: z.string().optional(),
          parameters: Json.optional(),
          strict: z.boolean().nullish(),
        }),
      }),
    )
    .max(MOST_TOOLS)
    .optional(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: Name }) }),
    ])
    .optional(),
});
export type ChatBody = z.infer<typeof ChatBody>;

/** What is wanted, by a name that is a task's or else a model's. */
export function wantedOf(body: ChatBody, of: 'model' | 'task'): Wanted {
  const { stream } = body;
  return {
    prompt: promptOf(body),
    by: of === 'task' ? { task: body.model as CascadeId } : { model: modelOf(body.model) },
    resumable: false,
    canTakeBack: stream !== true,
    timeoutMs: USUAL_TIMEOUT_MS,
  };
}

const toolOf = ({
  function: { name, description, parameters, strict },
}: NonNullable<ChatBody['tools']>[number]): Tool => ({
  name,
  ...withoutUndefined({ description, parameters, strict: strict ?? undefined }),
});

function modelOf(name: string): ModelId {
  const model = ModelId.safeParse(name).data;
  if (model === undefined) throw new Rejected('model/not-found');
  return model;
}

function promptOf(body: ChatBody): Prompt {
  const { messages, tools, tool_choice: choice, stop } = body;
  return {
    messages: messages.map(messageOf),
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? USUAL_TOKENS,
    ...withoutUndefined({
      format: formatOf(body.response_format),
      tools: tools?.map(toolOf),
      toolChoice: typeof choice === 'object' ? { name: choice.function.name } : choice,
      parallelToolCalls: body.parallel_tool_calls,
      stop: typeof stop === 'string' ? [stop] : (stop ?? undefined),
      temperature: body.temperature ?? undefined,
      topP: body.top_p ?? undefined,
      seed: body.seed ?? undefined,
      presencePenalty: body.presence_penalty ?? undefined,
      frequencyPenalty: body.frequency_penalty ?? undefined,
    }),
  };
}

function messageOf(message: ChatBody['messages'][number]): Message {
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: textOf(message.content) };
    case 'user':
      return { role: 'user', content: textOf(message.content) };
    case 'tool':
      return {
        role: 'tool',
        toolCallId: message.tool_call_id,
        content: textOf(message.content),
      };
    case 'assistant': {
      const toolCalls = message.tool_calls?.map(({ id, function: called }) => ({ id, ...called }));
      const content = textOf(message.content ?? '');
      return { role: 'assistant', content, ...withoutUndefined({ toolCalls }) };
    }
  }
}

const textOf = (text: z.infer<typeof Text>): string =>
  typeof text === 'string' ? text : text.map((part) => part.text).join('');

function formatOf(format: ChatBody['response_format']): Prompt['format'] {
  switch (format?.type) {
    case undefined:
      return undefined;
    case 'text':
      return { type: 'text' };
    case 'json_object':
      return { type: 'json' };
    case 'json_schema': {
      const { name, schema } = format.json_schema;
      return { type: 'json-schema', name, schema };
    }
  }
}
