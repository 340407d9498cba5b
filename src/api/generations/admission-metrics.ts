import { Counter, Histogram, type Registry } from 'prom-client';
import { type Admission, AdmissionUnavailable, type Books } from '#commands/admission.ts';

/** Counters and times of every step. No label grows with tenants, scopes or reservations. */
export function meteredAdmission(admission: Admission, registry: Registry): Admission {
  const seconds = new Histogram({
    name: 'palimpsest_admission_step_seconds',
    help: 'How long a step of an admission took, by how it ended.',
    labelNames: ['step', 'outcome'],
    buckets: [0.000_1, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5],
    registers: [registry],
  });
  const refusals = new Counter({
    name: 'palimpsest_admission_refusals_total',
    help: 'Generations and further attempts that a limit refused, by the limit.',
    labelNames: ['limit'],
    registers: [registry],
  });
  const drift = new Counter({
    name: 'palimpsest_admission_drift_total',
    help: 'What the counters had more or less than the log, by what was counted, when compared.',
    labelNames: ['of'],
    registers: [registry],
  });

  const timed =
    <Request extends unknown[], Answer extends { readonly status: string }>(
      step: string,
      run: (...request: Request) => Promise<Answer>,
    ) =>
    async (...request: Request): Promise<Answer> => {
      const ended = seconds.startTimer({ step });
      try {
        const answer = await run(...request);
        ended({ outcome: answer.status });
        if ('refusal' in answer) refusals.inc({ limit: limitOf(answer.refusal) });
        return answer;
      } catch (error) {
        ended({ outcome: error instanceof AdmissionUnavailable ? 'unavailable' : 'failed' });
        throw error;
      }
    };

  return {
    ...admission,
    reserve: timed('reserve', admission.reserve),
    confirm: timed('confirm', admission.confirm),
    renew: timed('renew', admission.renew),
    topUp: timed('top-up', admission.topUp),
    settle: timed('settle', admission.settle),
    release: timed('release', admission.release),
    compare: async (tenant, windows) => {
      const found = await admission.compare(tenant, windows);
      for (const { tokens, costNanoUsd } of found) {
        drift.inc({ of: 'tokens' }, Math.abs(tokens));
        drift.inc({ of: 'nano_usd' }, Math.abs(costNanoUsd));
      }
      return found;
    },
  };
}

const limitOf = (refusal: unknown): string => (refusal as { readonly limit: string }).limit;

/** How often counters were built anew: after a loss, or where a drift was mended. */
export function meteredBooks(books: Books, registry: Registry): Books {
  const epochs = new Counter({
    name: 'palimpsest_admission_epochs_total',
    help: 'Times that counters of a tenant were built from the log.',
    registers: [registry],
  });
  return {
    ...books,
    beginEpoch: async (tenant) => {
      const begin = await books.beginEpoch(tenant);
      return async (epoch) => {
        epochs.inc();
        return await begin(epoch);
      };
    },
  };
}
