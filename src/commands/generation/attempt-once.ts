import { filterAnswer } from '#commands/filter/filter-answer.ts';
import type { Filter } from '#commands/filter/filter-port.ts';
import type { Clock } from '#commands/ports.ts';
import type { Answer, ToolCalled } from '#domain/generation/asked.ts';
import type { DataOf } from '#domain/generation/events.ts';
import { ModelError } from '#domain/generation/model-error.ts';
import { type Usage, countedByUs } from '#domain/usage.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import type { Candidate } from './candidates.ts';
import { attemptAt, debitOf, whyUnknown } from './debit.ts';
import type { AnswerPart, FinishReason, TimeLimits } from './model-port.ts';
import type { Shown } from './under-way.ts';

export type AttemptPorts = {
  readonly clock: Pick<Clock, 'now'>;
};

export type Attempted = {
  readonly made: Omit<DataOf<'AttemptMade'>, 'requestedBy'>;
  readonly debited: DataOf<'BudgetDebited'> | undefined;
  readonly error: ModelError | undefined;
  readonly flags: readonly DataOf<'FlagRaised'>[];
  /** Rules that an answer broke. */
  readonly blockedBy: readonly string[] | undefined;
};

type Listening = {
  readonly filter: Filter;
  readonly signal: AbortSignal;
  readonly limits: TimeLimits;
  /** It says whether the model works again, and nobody else asks it meanwhile. */
  readonly isProbe: boolean;
  readonly show: (part: Shown) => void;
};

/** Calls one model once, shows what it says as it comes, and says what is owed for it. */
export async function attemptOnce(
  ports: AttemptPorts,
  candidate: Candidate,
  attempt: number,
  asked: Listening,
): Promise<Attempted> {
  const now = () => ports.clock.now().getTime();
  const began = now();
  const came = collected();
  // What was called off before it began is sent to nobody, so that nobody bills it.
  const isSent = !asked.signal.aborted;
  const { error, flags } = await listen(candidate, asked, came);
  const blockedBy = blockingRules(flags);
  const { answer, finish, answeredAs, usage } = came.all();
  const owed = usage ?? error?.usage ?? (blockedBy && came.counted(candidate));
  const why = isSent ? whyUnknown(error, asked.signal) : 'not-reached';
  const leftOut = candidate.provider.leavesOut(candidate.prompt);
  return {
    made: {
      attempt,
      at: attemptAt(candidate),
      keyOf: candidate.found.key.of,
      outcome: error?.kind ?? (blockedBy === undefined ? 'answered' : 'blocked'),
      ...withoutUndefined({ answeredAs, finish }),
      ...(asked.isProbe && { probe: true }),
      ...(leftOut.length > 0 && { leftOut: [...leftOut] }),
      tookMs: Math.max(0, now() - began),
      answer,
    },
    debited: debitOf(candidate, attempt, owed, why),
    error,
    flags: flags.map((flag) => Object.assign({ attempt }, flag)),
    blockedBy,
  };
}

async function listen(
  { found, provider, prompt }: Candidate,
  { filter, signal, limits, show }: Listening,
  came: ReturnType<typeof collected>,
): Promise<Pick<Attempted, 'error' | 'flags'>> {
  const model = found.settings.upstreamName;
  const answer = came.received(provider.call({ model, prompt, signal, limits }));
  const filtered = filterAnswer(filter, answer, signal);
  try {
    for await (const part of filtered.parts) {
      if (part.type === 'text') show(came.text(part.text));
      else if (part.type === 'tool-call') show(came.toolCall(part));
      else came.other(part);
    }
    return { error: undefined, flags: filtered.flags() };
  } catch (error) {
    if (error instanceof ModelError) return { error, flags: filtered.flags() };
    throw error;
  }
}

/** The rules that block an answer, where there are any. */
function blockingRules(flags: Attempted['flags']): readonly string[] | undefined {
  const blocking = flags.filter(({ outcome }) => outcome === 'blocked');
  if (blocking.length === 0) return undefined;
  const findings = blocking.flatMap((flag) => flag.findings);
  return findings.flatMap(({ action, rule }) => (action === 'block' ? [rule] : []));
}

/** What came so far, in one piece. */
function collected() {
  let text = '';
  let unfiltered = '';
  const calls = new Map<number, ToolCalled>();
  let finish: FinishReason | undefined;
  let answeredAs: string | undefined;
  let usage: Usage | undefined;
  return {
    /** Passes the provider's own words on and keeps them, because all of them are billed. */
    received: async function* (parts: AsyncIterable<AnswerPart>): AsyncGenerator<AnswerPart> {
      for await (const part of parts) {
        if (part.type === 'text') unfiltered += part.text;
        if (part.type === 'tool-call') unfiltered += `${part.name ?? ''}${part.arguments}`;
        yield part;
      }
    },
    /** Of an answer that we broke off, so that its provider says no more. */
    counted: ({ provider, inputTokens }: Candidate): Usage => {
      const messages = [{ role: 'assistant' as const, content: unfiltered }];
      const outputTokens = provider.countPrompt({ messages, maxTokens: 1 });
      return countedByUs({ inputTokens, outputTokens });
    },
    text: (more: string): Shown => {
      text += more;
      return { type: 'text', text: more };
    },
    toolCall: (part: Extract<AnswerPart, { type: 'tool-call' }>): Shown => {
      const known = calls.get(part.index) ?? { id: '', name: '', arguments: '' };
      calls.set(part.index, {
        id: part.id ?? known.id,
        name: part.name ?? known.name,
        arguments: known.arguments + part.arguments,
      });
      return part;
    },
    other: (part: AnswerPart): void => {
      if (part.type === 'started') answeredAs = part.model;
      if (part.type === 'finish') finish = part.reason;
      if (part.type === 'usage') usage = part.usage;
    },
    all: (): {
      answer: Answer;
      finish: FinishReason | undefined;
      answeredAs: string | undefined;
      usage: Usage | undefined;
    } => ({ answer: { text, toolCalls: [...calls.values()] }, finish, answeredAs, usage }),
  };
}
