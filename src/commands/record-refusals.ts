import type { ApiKeyCommand } from '#domain/api-key/decide.ts';
import type { ApiKey } from '#domain/api-key/state.ts';
import type { IdentityProviderCommand } from '#domain/identity-provider/decide.ts';
import type { IdentityProvider } from '#domain/identity-provider/state.ts';
import {
  type CommandId,
  type IdentityProviderId,
  SYSTEM,
  type TenantId,
  derivedUuid,
} from '#domain/ids.ts';
import type { MemberCommand } from '#domain/member/decide.ts';
import { minuteOf, refusalCommandId } from '#domain/member/refusal.ts';
import type { Member, Refusal } from '#domain/member/state.ts';
import type { Principal } from '#domain/rights.ts';
import type { Handle } from './handle.ts';
import type { Clock } from './ports.ts';

type Ports = {
  /** The member's own path: who is refused something becomes no owner by it. */
  readonly members: Handle<Member, MemberCommand>;
  readonly keys: Handle<ApiKey, ApiKeyCommand>;
  readonly clock: Pick<Clock, 'now'>;
};

/** What was refused to a member by right, policy or budget, on that member's stream. */
const recordRefusal =
  ({ members, clock }: Ports) =>
  async (principal: Principal, refusal: Refusal, correlationId: string): Promise<void> => {
    const { tenant, member } = principal;
    const commandId = refusalCommandId(tenant, member, refusal, clock.now());
    const command = { type: 'RecordRefusal', ...refusal } as const;
    await members(member, command, requestOf(principal, commandId, correlationId));
  };

/** How many malformed and rate-limited requests came with a key in the minute that has ended. */
const summariseRefusals =
  ({ keys, clock }: Ports) =>
  async (
    principal: Principal,
    counts: { readonly malformed: number; readonly limited: number },
  ): Promise<void> => {
    const { tenant, apiKey } = principal;
    if (apiKey === undefined) return;
    const minute = minuteOf(clock.now());
    const commandId = derivedUuid('refusals', tenant, apiKey, minute) as CommandId;
    const command = { type: 'SummariseRefusals', minute, ...counts } as const;
    await keys(apiKey, command, requestOf(principal, commandId, commandId));
  };

export const refusalRecords = (ports: Ports) => ({
  byRight: recordRefusal(ports),
  summarise: summariseRefusals(ports),
});

/** How many sign-ins a provider's tokens were refused in the minute that has ended, by reason. */
export const summariseSignIns =
  (providers: Handle<IdentityProvider, IdentityProviderCommand>, clock: Pick<Clock, 'now'>) =>
  async (
    tenant: TenantId,
    provider: IdentityProviderId,
    refused: Readonly<Record<string, number>>,
  ): Promise<void> => {
    const minute = minuteOf(clock.now());
    const commandId = derivedUuid('sign-ins', tenant, provider, minute) as CommandId;
    const command = { type: 'SummariseSignIns', minute, refused } as const;
    const system: Principal = { tenant, member: SYSTEM, roles: [], groups: [] };
    await providers(provider, command, requestOf(system, commandId, commandId));
  };

const requestOf = (principal: Principal, commandId: CommandId, correlationId: string) => ({
  tenant: principal.tenant,
  principal,
  commandId,
  // The id says all that these commands are, so it is their hash as well.
  commandHash: new TextEncoder().encode(commandId),
  correlationId,
});
