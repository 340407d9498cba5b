import type { Direction } from '#domain/compliance/finding.ts';
import { type FlagRaisedData, flagFrom } from '#domain/compliance/flag.ts';
import type { JsonObject, Message, Prompt, Tool } from '#domain/generation/prompt.ts';
import type { Filter } from './filter-port.ts';

export type FilteredPrompt = {
  readonly prompt: Prompt;
  /** One per text that something was found in. */
  readonly flags: readonly FlagRaisedData[];
  /** The prompt may not be used at all. */
  readonly isBlocked: boolean;
};

/** Gives back what may be used of one text. */
type Read = (direction: Direction, place: string, text: string) => Promise<string>;

/**
 * Filters every text of a prompt: messages, the arguments of tool calls, and what tools are said to
 * do. What tools answered counts as context, since nobody who asks chose its words.
 */
export async function filterPrompt(
  filter: Filter,
  prompt: Prompt,
  signal?: AbortSignal,
): Promise<FilteredPrompt> {
  const flags: FlagRaisedData[] = [];
  const read: Read = async (direction, place, text) => {
    const filtered = await filter.whole(direction, text, signal);
    const flag = flagFrom(direction, place, filtered.verdict);
    if (flag !== undefined) flags.push(flag);
    return filtered.text;
  };
  const messages: Message[] = [];
  for (const [index, message] of prompt.messages.entries()) {
    messages.push(await readMessage(read, `messages/${index}`, message));
  }
  const tools: Tool[] = [];
  for (const [index, tool] of (prompt.tools ?? []).entries()) {
    tools.push(await readTool(read, `tools/${index}`, tool));
  }
  const format = await readFormat(read, prompt.format);
  const isBlocked = flags.some(({ outcome }) => outcome === 'blocked');
  const known = { ...(prompt.tools && { tools }), ...(format && { format }) };
  return { prompt: { ...prompt, messages, ...known }, flags, isBlocked };
}

async function readMessage(read: Read, place: string, message: Message): Promise<Message> {
  const direction = message.role === 'tool' ? 'context' : 'prompt';
  const content = await read(direction, place, message.content);
  if (message.role !== 'assistant' || message.toolCalls === undefined) {
    return { ...message, content };
  }
  const toolCalls = [];
  for (const [index, call] of message.toolCalls.entries()) {
    const text = await read('prompt', `${place}/tool-calls/${index}`, call.arguments);
    toolCalls.push({ ...call, arguments: text });
  }
  return { ...message, content, toolCalls };
}

async function readTool(read: Read, place: string, tool: Tool): Promise<Tool> {
  const { description, parameters } = tool;
  const said = description === undefined ? undefined : await read('prompt', place, description);
  return {
    ...tool,
    ...(said !== undefined && { description: said }),
    ...(parameters && { parameters: await readStrings(read, `${place}/parameters`, parameters) }),
  };
}

/** The descriptions in a schema are read by the model like any other words. */
async function readFormat(read: Read, format: Prompt['format']): Promise<Prompt['format']> {
  if (format?.type !== 'json-schema') return format;
  return { ...format, schema: await readStrings(read, 'format/schema', format.schema) };
}

/** String by string: redacted as one text, JSON might be none any more. */
async function readStrings<T extends JsonObject>(read: Read, place: string, json: T): Promise<T> {
  const inside = async (value: unknown): Promise<unknown> => {
    if (typeof value === 'string') return await read('prompt', place, value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return await Promise.all(value.map(inside));
    const entries = Object.entries(value);
    return Object.fromEntries(
      await Promise.all(entries.map(async ([key, one]) => [key, await inside(one)] as const)),
    );
  };
  return (await inside(json)) as T;
}
