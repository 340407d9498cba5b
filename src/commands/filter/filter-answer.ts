import { type FlagRaisedData, flagFrom } from '#domain/compliance/flag.ts';
import type { AnswerPart } from '#commands/generation/model-port.ts';
import type { Filter, FilterStream } from './filter-port.ts';

export type FilteredAnswer = {
  /**
   * The parts as they may be shown. Where the answer is blocked they end with `finish: filtered`
   * and no usage, and the provider's parts are read no further: what was received until then is for
   * the caller to count.
   */
  readonly parts: AsyncIterable<AnswerPart>;
  /** What was found until now; complete when the parts are at their end. */
  flags(): readonly FlagRaisedData[];
};

type ToolCallPart = Extract<AnswerPart, { readonly type: 'tool-call' }>;

/** Filters an answer while it streams: its text, and the arguments of each tool call by itself. */
export function filterAnswer(
  filter: Filter,
  answer: AsyncIterable<AnswerPart>,
  signal?: AbortSignal,
): FilteredAnswer {
  const text = filter.stream('answer');
  const calls = new Map<number, FilterStream>();
  const callOf = (index: number): FilterStream => {
    const known = calls.get(index) ?? filter.stream('answer');
    calls.set(index, known);
    return known;
  };

  /** What the streams still hold, when the answer says that it is at its end. */
  async function* rest(): AsyncGenerator<AnswerPart, boolean> {
    const last = await text.end(signal);
    if (last.text !== '') yield { type: 'text', text: last.text };
    let isBlocked = last.verdict.outcome === 'blocked';
    for (const [index, call] of calls) {
      const { text: more, verdict } = await call.end(signal);
      if (more !== '') yield { type: 'tool-call', index, arguments: more };
      isBlocked ||= verdict.outcome === 'blocked';
    }
    return isBlocked;
  }

  async function* parts(): AsyncGenerator<AnswerPart> {
    for await (const part of answer) {
      let isBlocked = false;
      if (part.type === 'text') {
        const passed = text.next(part.text);
        if (passed.text !== '') yield { type: 'text', text: passed.text };
        isBlocked = passed.isBlocked;
      } else if (part.type === 'tool-call') {
        const passed = callOf(part.index).next(part.arguments);
        if (says(part, passed.text)) yield { ...part, arguments: passed.text };
        isBlocked = passed.isBlocked;
      } else {
        if (part.type === 'finish') isBlocked = yield* rest();
        if (!isBlocked) yield part;
      }
      if (!isBlocked) continue;
      yield { type: 'finish', reason: 'filtered' };
      return;
    }
  }

  return {
    parts: parts(),
    flags: () =>
      [
        flagFrom('answer', 'text', text.verdict()),
        ...[...calls].map(([index, call]) =>
          flagFrom('answer', `tool-calls/${index}`, call.verdict()),
        ),
      ].filter((flag) => flag !== undefined),
  };
}

/** The first piece of a call names it, and passes even when its arguments are still held. */
const says = ({ id, name }: ToolCallPart, passed: string): boolean =>
  passed !== '' || id !== undefined || name !== undefined;
