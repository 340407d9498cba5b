import { plus, zero } from '#domain/amount.ts';
import type { MemberId, ModelId } from '#domain/ids.ts';
import { type Answer, nothingAnswered } from './asked.ts';
import type { AttemptAt, DataOf, GenerationEvent, Spent, Target } from './events.ts';

/** What is known of every generation that was asked for. */
type Known = {
  /** `undefined` when that member was erased. */
  readonly requestedBy: MemberId | undefined;
  readonly models: readonly ModelId[];
  readonly target: Target | undefined;
  /** Of the newest attempt, while its content is readable. */
  readonly answer: Answer;
  readonly answeredBy: ModelId | undefined;
  readonly finish: string | undefined;
  /** The answer was there before. */
  readonly served: { readonly since: string; readonly stale: boolean } | undefined;
};

/** What it may spend and has spent. */
type Account = {
  readonly reserved: Spent;
  /** Attempts that may have begun, because they are paid for in the hold. */
  readonly begun: number;
  /** What the newest of them is made at. */
  readonly at: AttemptAt | undefined;
  /** What each attempt came to, by its number. */
  readonly debits: ReadonlyMap<number, DataOf<'BudgetDebited'>>;
  readonly attempts: readonly number[];
};

export type OpenGeneration = Known & Account & { readonly status: 'open' };
export type EndedGeneration = Known &
  Account & {
    readonly status: 'completed' | 'blocked' | 'failed' | 'aborted';
    /** Why, where it did not come to an answer. */
    readonly reason: string | undefined;
    readonly outcome: DataOf<'OutcomeGiven'>['outcome'] | undefined;
  };
export type Generation =
  | { readonly status: 'missing' }
  /** Its hold was freed before the log knew of it. */
  | { readonly status: 'abandoned' }
  | OpenGeneration
  | EndedGeneration;

export const initialState: Generation = { status: 'missing' };

export const spentBy = ({ debits }: Pick<Account, 'debits'>): Spent =>
  [...debits.values()].reduce((spent, { amount }) => plus(spent, amount), zero);

type OfAccount = Extract<
  GenerationEvent,
  { type: 'BudgetReserved' | 'BudgetToppedUp' | 'AttemptMade' | 'BudgetDebited' | 'BudgetAdjusted' }
>;
const ofAccount: readonly string[] = [
  'BudgetReserved',
  'BudgetToppedUp',
  'AttemptMade',
  'BudgetDebited',
  'BudgetAdjusted',
] satisfies readonly OfAccount['type'][];

export function evolve(state: Generation, event: GenerationEvent): Generation {
  if (event.type === 'GenerationRequested') return requested({ target: undefined, ...event.data });
  if (event.type === 'GenerationAbandoned') return { status: 'abandoned' };
  if (state.status === 'missing' || state.status === 'abandoned') return state;
  // For whoever reads them: no decision needs them.
  if (event.type === 'FlagRaised') return state;
  if (event.type === 'AnswerServed') return served(state, event.data);
  return isOfAccount(event) ? accounted(state, event) : ended(state, event);
}

const isOfAccount = (event: GenerationEvent): event is OfAccount => ofAccount.includes(event.type);

function accounted(state: OpenGeneration | EndedGeneration, event: OfAccount): Generation {
  switch (event.type) {
    case 'BudgetReserved':
      return { ...state, reserved: event.data.amount, begun: 1, at: event.data.at };
    case 'BudgetToppedUp': {
      const { attempt, amount, at } = event.data;
      return { ...state, reserved: plus(state.reserved, amount), begun: attempt, at };
    }
    case 'AttemptMade':
      return attempted(state, event.data);
    case 'BudgetDebited':
      return { ...state, debits: new Map(state.debits).set(event.data.attempt, event.data) };
    case 'BudgetAdjusted':
      return { ...state, debits: adjusted(state.debits, event.data) };
  }
}

function adjusted(
  debits: Account['debits'],
  { attempt, amount }: DataOf<'BudgetAdjusted'>,
): Account['debits'] {
  const debit = debits.get(attempt);
  return debit === undefined ? debits : new Map(debits).set(attempt, { ...debit, amount });
}

const requested = ({
  requestedBy,
  models,
  target,
}: Pick<OpenGeneration, 'requestedBy' | 'models' | 'target'>): OpenGeneration => ({
  status: 'open',
  requestedBy,
  models,
  target,
  answer: nothingAnswered,
  answeredBy: undefined,
  finish: undefined,
  served: undefined,
  reserved: zero,
  begun: 0,
  at: undefined,
  debits: new Map(),
  attempts: [],
});

const served = (
  state: OpenGeneration | EndedGeneration,
  { answer, model, finish, since, stale }: DataOf<'AnswerServed'>,
): Generation => ({ ...state, answer, answeredBy: model, finish, served: { since, stale } });

const attempted = (
  state: OpenGeneration | EndedGeneration,
  { attempt, answer, at, finish }: DataOf<'AttemptMade'>,
): Generation => ({
  ...state,
  answer,
  answeredBy: at.model,
  finish,
  attempts: [...state.attempts, attempt],
});

type OfEnd = Exclude<
  GenerationEvent,
  | OfAccount
  | { type: 'GenerationRequested' | 'GenerationAbandoned' | 'FlagRaised' | 'AnswerServed' }
>;

function ended(state: OpenGeneration | EndedGeneration, event: OfEnd): Generation {
  const outcome = undefined;
  switch (event.type) {
    case 'GenerationCompleted':
      return { ...state, status: 'completed', reason: undefined, outcome };
    case 'GenerationBlocked':
      return { ...state, status: 'blocked', reason: event.data.direction, outcome };
    case 'GenerationFailed':
      return { ...state, status: 'failed', reason: event.data.reason, outcome };
    case 'GenerationAborted':
      return { ...state, status: 'aborted', reason: event.data.by, outcome };
    case 'OutcomeGiven':
      return state.status === 'open' ? state : { ...state, outcome: event.data.outcome };
  }
}

/** The figures stay: what was spent was spent. The first event is one that can be erased. */
export function erase(state: Generation): Generation {
  if (state.status === 'missing') {
    return requested({ requestedBy: undefined, models: [], target: undefined });
  }
  return state.status === 'abandoned' ? state : { ...state, answer: nothingAnswered };
}
