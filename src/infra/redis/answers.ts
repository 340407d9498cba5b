import {
  type Ended,
  type Held,
  type NotHeld,
  type Refused,
  type Reservation,
  WrongReservation,
} from '#commands/admission.ts';
import type { Amount, LimitName, Scope } from '#domain/budget/limits.ts';
import type { Reply } from './connection.ts';

type Named = Pick<Reservation, 'id'>;
type Answer = Held | Refused | NotHeld;

export const amountOf = (tokens: unknown, cost: unknown): Amount => ({
  tokens: Number(tokens),
  costNanoUsd: Number(cost),
});

/** What a step of a reservation answered. */
export function answerOf(reply: Reply, reservation: Named): Answer {
  const [status, ...rest] = reply;
  switch (String(status)) {
    case 'held':
      return { status: 'held', amount: amountOf(rest[0], rest[1]), expiresAt: Number(rest[2]) };
    case 'settled':
      return { status: 'settled', amount: amountOf(rest[0], rest[1]) };
    case 'released':
      return { status: 'released', amount: amountOf(rest[0], rest[1]) };
    case 'expired':
      return { status: 'expired' };
    case 'foreign':
      return { status: 'foreign' };
    case 'unknown':
      return { status: 'unknown' };
    case 'refused':
      return refusedOf(rest);
    case 'wrong':
      throw new WrongReservation(reservation);
    default:
      throw unexpected(reply);
  }
}

export function heldOrNot(reply: Reply, reservation: Named): Held | NotHeld {
  const answer = answerOf(reply, reservation);
  if (answer.status === 'refused') throw unexpected(reply);
  return answer;
}

export function endOrNot(reply: Reply, reservation: Named): Ended | { status: 'unknown' } {
  const answer = answerOf(reply, reservation);
  if (answer.status === 'unknown') return { status: 'unknown' };
  if (answer.status === 'settled' || answer.status === 'released') return answer;
  throw unexpected(reply);
}

export function endOf(reply: Reply, reservation: Named): Ended {
  const answer = endOrNot(reply, reservation);
  if (answer.status === 'unknown') throw unexpected(reply);
  return answer;
}

const unexpected = ([status]: Reply) =>
  new Error(`A step of a reservation answered '${String(status)}'.`);

const refusedOf = ([scope, limit, allowed, wait]: Reply): Refused => ({
  status: 'refused',
  refusal: {
    scope: scope as Scope,
    limit: limit as LimitName,
    allowed: Number(allowed),
    freesInMs: wait === '' ? null : Number(wait),
  },
});

/** A hash as Redis answers it: field, value, field, value. */
export function fieldsOf(reply: unknown): Map<string, string> {
  const list = Array.isArray(reply) ? reply.map(String) : [];
  const fields = new Map<string, string>();
  for (let index = 0; index + 1 < list.length; index += 2) {
    fields.set(list[index] ?? '', list[index + 1] ?? '');
  }
  return fields;
}
