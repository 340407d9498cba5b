import { Counter, type Registry } from 'prom-client';
import type { IdentityProviderId, TenantId } from '#domain/ids.ts';
import type { TokenRefusal } from '#infra/oidc/token-verifier.ts';

/** Providers that are counted at the same time; above it the newest ones are only a metric. */
const MOST_PROVIDERS = 10_000;

/** Why a token opened nothing. Fixed words: nothing of a token is among them. */
export type SignInRefusal =
  | TokenRefusal
  /** It names no tenant, or more than one. */
  | 'tenant'
  | 'keys-unavailable'
  /** It is right, and gives no role. */
  | 'no-roles'
  | 'not-a-member'
  | 'deactivated';

export type SignInRefusals = {
  /** `provider` where the token's tenant and issuer are known to belong together. */
  readonly count: (
    reason: SignInRefusal,
    provider?: { readonly tenant: TenantId; readonly id: IdentityProviderId },
  ) => void;
  readonly flush: () => Promise<void>;
};

type Counted = {
  readonly tenant: TenantId;
  readonly id: IdentityProviderId;
  readonly refused: Partial<Record<SignInRefusal, number>>;
};

export type SignInRefusalsPorts = {
  readonly metrics: Registry;
  readonly summarise: (
    tenant: TenantId,
    provider: IdentityProviderId,
    refused: Readonly<Record<string, number>>,
  ) => Promise<void>;
  readonly warn: (message: string, error: unknown) => void;
};

/** Counts sign-ins that were refused: each in a metric, and in one event a minute and provider. */
export function signInRefusals({ metrics, summarise, warn }: SignInRefusalsPorts): SignInRefusals {
  let counted = new Map<IdentityProviderId, Counted>();
  const total = new Counter({
    name: 'palimpsest_sign_ins_refused_total',
    help: 'Access tokens that opened nothing, by the reason.',
    labelNames: ['reason'],
    registers: [metrics],
  });

  return {
    count: (reason, provider) => {
      total.inc({ reason });
      if (!provider) return;
      const { tenant, id } = provider;
      if (!counted.has(id) && counted.size >= MOST_PROVIDERS) return;
      const refused = counted.get(id)?.refused ?? {};
      const changed = { ...refused, [reason]: (refused[reason] ?? 0) + 1 };
      counted.set(id, { tenant, id, refused: changed });
    },

    flush: async () => {
      const ended = counted;
      counted = new Map();
      for (const { tenant, id, refused } of ended.values()) {
        await summarise(tenant, id, refused).catch((error: unknown) =>
          warn('refused sign-ins were not recorded', error),
        );
      }
    },
  };
}
