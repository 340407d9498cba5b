import { Rejected } from '#domain/rejected.ts';
import type { Breakers } from './breaker-port.ts';
import { type Candidate, type Catalogue, type Skipped, candidatesFor } from './candidates.ts';
import { attemptAt } from './debit.ts';
import { type Hold, type Holding, holdFor } from './reserve.ts';
import type { GeneratePorts } from './wanted.ts';

export type Planned = { readonly hold: Hold; readonly skipped: readonly Skipped[] };

/**
 * Which models will be tried, with what the dearest of them can cost held; those left out, and why.
 * Throws the reason where there are none.
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
): Promise<Planned> {
  const found = await candidatesFor(catalogue, asked);
  const { working, failing } = await byBreaker(breakers, found.candidates);
  aboutToHold(holding.tenant);
  const hold = await holdFor(admission, holding, working);
  const tooDear = working.filter((one) => !hold.candidates.includes(one));
  return {
    hold,
    skipped: [
      ...found.skipped,
      ...failing.map((one) => skip(one, 'model/failing')),
      ...tooDear.map((one) => skip(one, 'budget/exhausted')),
    ],
  };
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
