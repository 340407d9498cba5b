import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import { type MemberId, OPERATOR } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { type TenantRole, assertMay, assertMayGrant, rolesOfKey } from '#domain/rights.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import { type ApiKeyEvent, apiKeyEvents } from './events.ts';
import { type ApiKey, type IssuedKey, erase, evolve, initialState } from './state.ts';

const OPERATOR_KEY_LIVES_MS = 60 * 60 * 1_000;

export type IssueApiKey = {
  readonly type: 'IssueApiKey';
  readonly memberId: MemberId;
  /**
   * Read from the member's stream before; `undefined` when there is no such member. Should they
   * shrink in the same moment, nothing is lost: at use a key never has more than its member.
   */
  readonly memberRoles: readonly TenantRole[] | undefined;
  readonly roles: readonly TenantRole[];
  readonly secretHash: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly expiresAt?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly name?: string | undefined;
};
type RevokeApiKey = { readonly type: 'RevokeApiKey' };
/** Malformed and rate-limited requests of one minute: a flood cannot fill the log. */
type SummariseRefusals = {
  readonly type: 'SummariseRefusals';
  readonly minute: string;
  readonly malformed: number;
  readonly limited: number;
};
export type ApiKeyCommand = IssueApiKey | RevokeApiKey | SummariseRefusals;

function decide(command: ApiKeyCommand, state: ApiKey, context: DecisionContext): ApiKeyEvent[] {
  switch (command.type) {
    case 'IssueApiKey':
      assertMay(context.principal, 'api-key.issue');
      return issue(command, state, context);
    case 'RevokeApiKey':
      assertMay(context.principal, 'api-key.revoke');
      return revoke(mustBeThere(state), context);
    case 'SummariseRefusals':
      return summarise(command, mustBeThere(state));
  }
}

function issue(command: IssueApiKey, state: ApiKey, context: DecisionContext): ApiKeyEvent[] {
  const { memberId, memberRoles, secretHash, labels = {}, name } = command;
  if (state.status !== 'missing') {
    if (state.status !== 'erased' && state.secretHash === secretHash) return [];
    throw new Rejected('api-key/already-exists');
  }
  if (memberRoles === undefined) throw new Rejected('member/not-found', { memberId });
  if (memberRoles.length === 0) throw new Rejected('member/deactivated', { memberId });
  // Whoever holds the key acts as its member, so not only its roles but the member's count.
  assertMayGrant(context.principal, memberRoles);
  const roles = [...new Set(command.roles)].sort();
  const above = roles.find((role) => rolesOfKey([role], memberRoles).length === 0);
  if (above !== undefined) throw new Rejected('right/above-own', { role: above });

  const expiresAt = expiryOf(command, context);
  return [
    {
      type: 'ApiKeyIssued',
      data: {
        memberId,
        roles,
        secretHash,
        labels: { ...labels },
        ...withoutUndefined({ expiresAt, name }),
      },
    },
  ];
}

function expiryOf({ expiresAt }: IssueApiKey, { principal, now }: DecisionContext) {
  if (expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime()) {
    throw new Rejected('api-key/already-expired');
  }
  if (principal.member !== OPERATOR) return expiresAt;
  const latest = new Date(now.getTime() + OPERATOR_KEY_LIVES_MS).toISOString();
  if (expiresAt === undefined) return latest;
  if (Date.parse(expiresAt) > Date.parse(latest)) {
    throw new Rejected('api-key/lives-too-long', { latest });
  }
  return expiresAt;
}

function revoke(key: IssuedKey, { principal }: DecisionContext): ApiKeyEvent[] {
  // An admin who could take an owner's keys away could lock every owner out.
  assertMayGrant(principal, key.roles);
  return key.status === 'revoked' ? [] : [{ type: 'ApiKeyRevoked', data: {} }];
}

function summarise(
  { minute, malformed, limited }: SummariseRefusals,
  { summarisedUpTo }: IssuedKey,
): ApiKeyEvent[] {
  if (malformed + limited === 0 || minute <= summarisedUpTo) return [];
  return [{ type: 'RequestsRefused', data: { minute, malformed, limited } }];
}

function mustBeThere(state: ApiKey): IssuedKey {
  if (state.status === 'missing' || state.status === 'erased') {
    throw new Rejected('api-key/not-found');
  }
  return state;
}

export const apiKeyAggregate: Aggregate<ApiKey, ApiKeyCommand, ApiKeyEvent> = {
  kind: 'api-key',
  decider: { initialState, decide, evolve, erase },
  events: apiKeyEvents,
};
