import type { LimitName } from '#domain/budget/limits.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Breakers } from './breaker-port.ts';
import {
  type Candidate,
  type Catalogue,
  type Skipped,
  answeringShorter,
  candidatesFor,
} from './candidates.ts';
import { attemptAt } from './debit.ts';
import { type Hold, type Holding, holdFor, isOfBudget, SmallerHold } from './reserve.ts';
import type { GeneratePorts, Wanted } from './wanted.ts';

export type Planned = {
  readonly hold: Hold;
  readonly skipped: readonly Skipped[];
  /** Of the answer, where the budget allows no longer one. */
  readonly maxTokens: number;
};

/**
 * Which models will be tried, with what the dearest of them can cost held; those left out, and why.
 * Where the budget lets none of them answer at the length that was asked for, a shorter answer is
 * tried, down to `minTokens`. Throws the reason where there are none.
 */
export async function planAttempts(
  {
    admission,
    breakers,
    catalogue,
    aboutToHold,
  }: Pick<GeneratePorts, 'admission' | 'breakers' | 'aboutToHold'> & {
    readonly catalogue: Catalogue;
  },
  asked: Parameters<typeof candidatesFor>[1],
  holding: Holding,
  minTokens: number,
): Promise<Planned> {
  const found = await candidatesFor(catalogue, asked);
  const { working, failing } = await byBreaker(breakers, found.candidates);
  aboutToHold(holding.tenant);
  const longest = asked.prompt.maxTokens;
  const { hold, maxTokens } = await holdSome(longest, minTokens, async (atMost) => {
    const shorter = working.map((one) => answeringShorter(one, atMost));
    return await holdFor(admission, holding, shorter);
  });
  const held = new Set(hold.candidates.map(({ found }) => found.model));
  const tooDear = working.filter(({ found }) => !held.has(found.model));
  return {
    hold,
    maxTokens,
    skipped: [
      ...found.skipped,
      ...failing.map((one) => skip(one, 'model/failing')),
      ...tooDear.map((one) => skip(one, 'budget/exhausted')),
    ],
  };
}

/** Answers half as long each time; the refusal of the longest is the one that counts. */
async function holdSome(
  longest: number,
  shortest: number,
  hold: (maxTokens: number) => Promise<Hold>,
): Promise<{ readonly hold: Hold; readonly maxTokens: number }> {
  let refusal: Rejected | undefined;
  for (let maxTokens = longest; ; maxTokens = Math.max(shortest, Math.ceil(maxTokens / 2))) {
    try {
      return { hold: await hold(maxTokens), maxTokens };
    } catch (error) {
      const refused = error instanceof SmallerHold ? undefined : refusalOf(error);
      refusal ??= refused;
    }
    if (maxTokens <= shortest) throw refusal ?? new Rejected('generation/not-here');
  }
}

/** Throws what no shorter answer can help against. */
function refusalOf(error: unknown): Rejected {
  if (error instanceof Rejected && isOfBudget(error.details['limit'] as LimitName)) return error;
  throw error;
}

const skip = ({ found }: Candidate, reason: string): Skipped => ({ model: found.model, reason });

/** Nothing is reserved for models that are left alone; throws where there are no others. */
async function byBreaker(
  breakers: Pick<Breakers, 'standing'>,
  candidates: readonly Candidate[],
): Promise<{ readonly working: readonly Candidate[]; readonly failing: readonly Candidate[] }> {
  const waits = await Promise.all(
    candidates.map(async (one) => (await breakers.standing(attemptAt(one))).waitMs),
  );
  const working = candidates.filter((_, index) => waits[index] === 0);
  if (working.length > 0) {
    return { working, failing: candidates.filter((_, index) => waits[index] !== 0) };
  }
  const model = candidates.map(({ found }) => found.model).join(', ');
  throw new Rejected('model/failing', { model, freesInMs: Math.min(...waits) });
}

/** A shorter answer than this is seldom of use. */
const SHORTEST_TOKENS = 256;

/** JSON and calls of tools that end in the middle are of no use: they are shortened on demand only. */
export function shortestOf({ prompt, minTokens }: Pick<Wanted, 'prompt' | 'minTokens'>): number {
  const { maxTokens, tools = [], format } = prompt;
  const isText = tools.length === 0 && (format?.type ?? 'text') === 'text';
  return Math.min(maxTokens, minTokens ?? (isText ? SHORTEST_TOKENS : maxTokens));
}

/** As the request's event holds it. */
export const plannedIn = ({ hold, skipped, maxTokens }: Planned, asked: number) => ({
  models: hold.candidates.map(({ found }) => found.model),
  skipped: [...skipped],
  ...(maxTokens < asked && { shortenedTo: maxTokens }),
});
