import type { Registry } from 'prom-client';
import { joinBySignIn } from '#commands/join-by-sign-in.ts';
import type { Clock } from '#commands/ports.ts';
import { summariseSignIns } from '#commands/record-refusals.ts';
import type { GroupId, MemberId, TenantId } from '#domain/ids.ts';
import { getJson } from '#infra/oidc/get-json.ts';
import { outboundAddresses } from '#infra/outbound/outbound-addresses.ts';
import { issuerKeys } from '#infra/oidc/issuer-keys.ts';
import { tokenVerifier } from '#infra/oidc/token-verifier.ts';
import type { Aggregates } from './aggregates.ts';
import { signIn } from './sign-in.ts';
import { signInRefusals } from './sign-in-refusals.ts';

export type SigningInPorts = {
  readonly streams: Pick<Aggregates, 'identityProviders' | 'members' | 'tenants'>;
  readonly groupsOf: (tenant: TenantId, member: MemberId) => Promise<readonly GroupId[]>;
  readonly privateIssuers: readonly string[];
  readonly metrics: Registry;
  readonly clock: Clock;
  readonly warn: (message: string, error: unknown) => void;
};

/** Signing in with access tokens, on the streams and on the issuers out there. */
export function signingIn(ports: SigningInPorts) {
  const { streams, groupsOf, privateIssuers, metrics, clock, warn } = ports;
  const addresses = outboundAddresses(privateIssuers);
  const keys = issuerKeys({ get: getJson(addresses, clock), clock, warn });
  const summarise = summariseSignIns(streams.identityProviders.handle, clock);
  const refusals = signInRefusals({ metrics, summarise, warn });
  const byToken = signIn({
    aggregates: streams,
    groupsOf,
    verify: tokenVerifier(keys, clock),
    join: joinBySignIn(streams.members.handle),
    refusals,
  });
  return { byToken, issuerAllowed: addresses.allows, summariseRefused: refusals.flush };
}
