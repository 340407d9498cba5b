import type { DecisionContext } from '#domain/decider.ts';
import { type CommandId, type MemberId, type TenantId, derivedUuid } from '#domain/ids.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import type { MemberEvent } from './events.ts';
import { type Member, type Refusal, refusalKey } from './state.ts';

/** Whoever walks through ids to find what is there leaves a trace, but cannot fill the log. */
const MOST_A_MINUTE = 30;

/** Something was refused to this member: by right, policy or budget. Someone will ask. */
export type RecordRefusal = Refusal & { readonly type: 'RecordRefusal' };

/** Needs no right: it is Palimpsest that records it, of whoever was refused. */
export function recordRefusal(
  { action, resourceKind, resourceId, code }: RecordRefusal,
  { refused }: Member,
  { now }: DecisionContext,
): MemberEvent[] {
  const minute = minuteOf(now);
  const refusal = { action, resourceKind, code, ...withoutUndefined({ resourceId }) };
  const already = refused.minute === minute ? refused.what : [];
  if (already.length >= MOST_A_MINUTE || already.includes(refusalKey(refusal))) return [];
  return [{ type: 'ActionRefused', data: { ...refusal, minute } }];
}

/** The same refusal within a minute is the same command, so that its repeat is not even decided. */
export const refusalCommandId = (
  tenant: TenantId,
  member: MemberId,
  refusal: Refusal,
  now: Date,
): CommandId =>
  derivedUuid('refusal', tenant, member, refusalKey(refusal), minuteOf(now)) as CommandId;

/** UTC, `2026-01-31T23:59`. */
export const minuteOf = (now: Date): string => now.toISOString().slice(0, 16);
