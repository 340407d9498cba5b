import type Anthropic from '@anthropic-ai/sdk';
import type { Message, ToolCall } from '#domain/generation/prompt.ts';

type Turn = Anthropic.MessageParam;
type Block = Anthropic.ContentBlockParam;

/**
 * A conversation as turns of user and assistant. Results of tools are the user's there, and all of
 * one turn must stand in one message, so neighbours of one role become one.
 */
export function turnsOf(messages: readonly Message[]): Turn[] {
  const turns: { role: 'user' | 'assistant'; content: Block[] }[] = [];
  for (const message of messages) {
    if (message.role === 'system') continue;
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const content = blocksOf(message);
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...content);
    else turns.push({ role, content });
  }
  return turns;
}

function blocksOf(message: Exclude<Message, { readonly role: 'system' }>): Block[] {
  switch (message.role) {
    case 'user':
      return textOf(message.content);
    case 'assistant':
      return [...textOf(message.content), ...(message.toolCalls ?? []).map(useOf)];
    case 'tool': {
      const { toolCallId, content } = message;
      return [{ type: 'tool_result', tool_use_id: toolCallId, content }];
    }
  }
}

/** An empty block is refused. */
const textOf = (text: string): Block[] => (text === '' ? [] : [{ type: 'text', text }]);

const useOf = ({ id, name, arguments: given }: ToolCall): Block => ({
  type: 'tool_use',
  id,
  name,
  input: inputOf(given),
});

/** A model may have written anything; what is no object could not be sent at all. */
function inputOf(text: string): Record<string, unknown> {
  try {
    const input: unknown = JSON.parse(text);
    const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
    return isObject ? (input as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
