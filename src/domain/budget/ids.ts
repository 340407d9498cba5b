import { z } from 'zod';
import { derivedUuid } from '#domain/ids.ts';
import type { Scope } from './limits.ts';

/** Of one generation's hold on its budgets. A generation that is tried anew takes another one. */
export const ReservationId = z.uuid().toLowerCase().brand<'ReservationId'>();
export type ReservationId = z.infer<typeof ReservationId>;

/** The stream of a scope's budget: a label may hold what no stream's name can. */
export const BudgetId = z.uuid().toLowerCase().brand<'BudgetId'>();
export type BudgetId = z.infer<typeof BudgetId>;
export const budgetIdOf = (scope: Scope): BudgetId => derivedUuid('budget', scope) as BudgetId;
