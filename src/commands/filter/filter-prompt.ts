import type { Direction } from '#domain/compliance/finding.ts';
import { type FlagRaisedData, flagFrom } from '#domain/compliance/flag.ts';
import type { Message, Prompt } from '#domain/generation/prompt.ts';
import type { Filter } from './filter-port.ts';

export type FilteredPrompt = {
  readonly prompt: Prompt;
  /** One per message that something was found in. */
  readonly flags: readonly FlagRaisedData[];
  /** The prompt may not be used at all. */
  readonly isBlocked: boolean;
};

/**
 * Filters every text in a prompt that somebody wrote: messages, and the arguments of tool calls.
 * What tools answered counts as context, since nobody chose its words. A message is changed only
 * where something was redacted.
 */
export async function filterPrompt(
  filter: Filter,
  prompt: Prompt,
  signal?: AbortSignal,
): Promise<FilteredPrompt> {
  const flags: FlagRaisedData[] = [];
  const read = async (direction: Direction, place: string, text: string): Promise<string> => {
    const filtered = await filter.whole(direction, text, signal);
    const flag = flagFrom(direction, place, filtered.verdict);
    if (flag !== undefined) flags.push(flag);
    return filtered.text;
  };
  const messages: Message[] = [];
  for (const [index, message] of prompt.messages.entries()) {
    const place = `messages/${index}`;
    const direction = message.role === 'tool' ? 'context' : 'prompt';
    const content = await read(direction, place, message.content);
    if (message.role !== 'assistant' || message.toolCalls === undefined) {
      messages.push({ ...message, content });
      continue;
    }
    const toolCalls = [];
    for (const [call, toolCall] of message.toolCalls.entries()) {
      const text = await read('prompt', `${place}/tool-calls/${call}`, toolCall.arguments);
      toolCalls.push({ ...toolCall, arguments: text });
    }
    messages.push({ ...message, content, toolCalls });
  }
  const isBlocked = flags.some(({ outcome }) => outcome === 'blocked');
  return { prompt: { ...prompt, messages }, flags, isBlocked };
}
