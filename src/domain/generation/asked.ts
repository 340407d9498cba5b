import { z } from 'zod';
import type { JsonObject, Prompt, Tool } from './prompt.ts';

// The prompt as it is stored, for ever: add fields (optional ones), never rename or remove them.
// JSON Schemas of others are kept as the text of their JSON, because they have no shape of ours.

const ToolCalled = z.object({ id: z.string(), name: z.string(), arguments: z.string() });
export type ToolCalled = z.infer<typeof ToolCalled>;

/** What came of a model: text, and calls of tools, which are never executed here. */
export const Answer = z.object({ text: z.string(), toolCalls: z.array(ToolCalled) });
export type Answer = z.infer<typeof Answer>;
export const nothingAnswered: Answer = { text: '', toolCalls: [] };

const AskedMessage = z.union([
  z.object({ role: z.enum(['system', 'user']), content: z.string() }),
  z.object({
    role: z.literal('assistant'),
    content: z.string(),
    toolCalls: z.array(ToolCalled).optional(),
  }),
  z.object({ role: z.literal('tool'), toolCallId: z.string(), content: z.string() }),
]);

const json = z.string().describe('JSON');

export const Asked = z.object({
  messages: z.array(AskedMessage),
  maxTokens: z.int().min(1),
  format: z
    .object({
      type: z.enum(['text', 'json', 'json-schema']),
      name: z.string().optional(),
      schema: json.optional(),
    })
    .optional(),
  tools: z
    .array(
      z.object({
        name: z.string(),
        description: z.string().optional(),
        parameters: json.optional(),
        strict: z.boolean().optional(),
      }),
    )
    .optional(),
  toolChoice: z.string().optional().describe('auto, none, required, or `tool:` and a name'),
  parallelToolCalls: z.boolean().optional(),
  stop: z.array(z.string()).optional(),
  temperature: z.number().optional(),
  topP: z.number().optional(),
  seed: z.int().optional(),
  presencePenalty: z.number().optional(),
  frequencyPenalty: z.number().optional(),
});
export type Asked = z.infer<typeof Asked>;

/** The prompt as events hold it. */
export function askedOf({ messages, format, tools, toolChoice, stop, ...wishes }: Prompt): Asked {
  return Asked.parse({
    ...wishes,
    messages,
    stop,
    tools: tools?.map(storedTool),
    ...(format !== undefined && {
      format: format.type === 'json-schema' ? { ...format, schema: text(format.schema) } : format,
    }),
    ...(toolChoice !== undefined && {
      toolChoice: typeof toolChoice === 'string' ? toolChoice : `tool:${toolChoice.name}`,
    }),
  });
}

const storedTool = ({ parameters, ...tool }: Tool) => ({
  ...tool,
  ...(parameters !== undefined && { parameters: text(parameters) }),
});

const text = (value: JsonObject): string => JSON.stringify(value);
