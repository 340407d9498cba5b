import type Anthropic from '@anthropic-ai/sdk';
import type { JsonObject, Prompt, Tool, ToolChoice, Wish } from '#domain/generation/prompt.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import { turnsOf } from './turns.ts';

type Request = Anthropic.MessageCreateParamsStreaming;

/** The Messages API has a format for a schema, and for any JSON only words. */
const ANY_JSON =
  'Answer with one JSON object and nothing else: no explanation before or after it, and no code fence.';

export function requestOf(model: string, prompt: Prompt): Request {
  const { messages, maxTokens, tools, format, stop } = prompt;
  const system = instructionsOf(prompt);
  return {
    model,
    max_tokens: maxTokens,
    messages: turnsOf(messages),
    stream: true,
    ...withoutUndefined({
      system: system === '' ? undefined : system,
      tools: tools?.length ? tools.map(toolOf) : undefined,
      tool_choice: tools?.length ? choiceOf(prompt) : undefined,
      output_config:
        format?.type === 'json-schema'
          ? { format: { type: 'json_schema' as const, schema: { ...format.schema } } }
          : undefined,
      stop_sequences: stop?.length ? [...stop] : undefined,
      ...samplingOf(prompt),
    }),
  };
}

const instructionsOf = ({ messages, format }: Prompt): string =>
  messages
    .flatMap(({ role, content }) => (role === 'system' && content !== '' ? [content] : []))
    .concat(format?.type === 'json' ? [ANY_JSON] : [])
    .join('\n\n');

/** Our temperature goes to 2, theirs to 1; and newer models refuse a request with both. */
const samplingOf = ({ temperature, topP }: Prompt) =>
  temperature === undefined ? { top_p: topP } : { temperature: Math.min(1, temperature) };

export const leavesOut = (prompt: Prompt): readonly Wish[] =>
  (['seed', 'presencePenalty', 'frequencyPenalty', 'topP'] as const).filter(
    (wish) => prompt[wish] !== undefined && (wish !== 'topP' || prompt.temperature !== undefined),
  );

const toolOf = ({ name, description, parameters, strict }: Tool): Anthropic.Tool => ({
  name,
  input_schema: schemaOf(parameters),
  ...withoutUndefined({ description, strict }),
});

const schemaOf = (parameters: JsonObject = { properties: {} }) => ({
  ...parameters,
  type: 'object' as const,
});

function choiceOf({ toolChoice, parallelToolCalls }: Prompt): Request['tool_choice'] {
  const choice = choices(toolChoice ?? 'auto');
  if (parallelToolCalls === undefined || choice.type === 'none') return choice;
  return { ...choice, disable_parallel_tool_use: !parallelToolCalls };
}

function choices(choice: ToolChoice): Anthropic.ToolChoice {
  if (typeof choice === 'object') return { type: 'tool', name: choice.name };
  return { type: choice === 'required' ? 'any' : choice };
}
