import { z } from 'zod';

/** Of one generation's hold on its budgets. A generation that is tried anew takes another one. */
export const ReservationId = z.uuid().toLowerCase().brand<'ReservationId'>();
export type ReservationId = z.infer<typeof ReservationId>;
