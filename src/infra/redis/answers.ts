import {
  type Held,
  type NotHeld,
  type Refused,
  type Reservation,
  type Reserved,
  WrongReservation,
} from '#commands/admission.ts';
import type { Amount } from '#domain/amount.ts';
import type { Ended, Epoch } from '#domain/budget/ledger.ts';
import type { LimitName, Scope } from '#domain/budget/limits.ts';
import type { Reply } from './connection.ts';

type Answer = Held | Refused | NotHeld;

export const amountOf = (tokens: unknown, cost: unknown): Amount => ({
  tokens: Number(tokens),
  costNanoUsd: Number(cost),
});

/** What a step answered, about which reservation, and in whose counters. */
export type Told = {
  readonly reply: Reply;
  readonly epoch: Epoch;
  readonly reservation: Pick<Reservation, 'id'>;
};

export function answerOf({ reply, epoch, reservation }: Told): Answer {
  const [status, ...rest] = reply;
  switch (String(status)) {
    case 'held':
      return heldOf(rest, epoch);
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
      throw unexpected(String(status));
  }
}

export function reserved(told: Told): Reserved {
  const answer = answerOf(told);
  if (answer.status === 'unknown') throw unexpected(answer.status);
  return answer;
}

export function heldOrNot(told: Told): Held | NotHeld {
  const answer = answerOf(told);
  if (answer.status === 'refused') throw unexpected(answer.status);
  return answer;
}

export function endOrNot(told: Told): Ended | { readonly status: 'unknown' } {
  const answer = answerOf(told);
  if (answer.status === 'unknown') return { status: 'unknown' };
  if (answer.status === 'settled' || answer.status === 'released') return answer;
  throw unexpected(answer.status);
}

export function endOf(told: Told): Ended {
  const answer = endOrNot(told);
  if (answer.status === 'unknown') throw unexpected(answer.status);
  return answer;
}

const unexpected = (status: string) => new Error(`A step of a reservation answered '${status}'.`);

const heldOf = ([tokens, cost, expiresAt]: Reply, epoch: Epoch): Held => ({
  status: 'held',
  amount: amountOf(tokens, cost),
  expiresAt: Number(expiresAt),
  epoch,
});

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
