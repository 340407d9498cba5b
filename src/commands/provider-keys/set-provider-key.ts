import type { CommandRequest, Handle, Outcome } from '#commands/handle.ts';
import type { History } from '#commands/history.ts';
import { SubjectErased } from '#commands/ports.ts';
import { PLATFORM, type ProviderId, type ProviderKeyId, derivedUuid } from '#domain/ids.ts';
import type { Provider } from '#domain/provider/decide.ts';
import type { ProviderKey, ProviderKeyCommand } from '#domain/provider-key/decide.ts';
import { providerKeyIdOf } from '#domain/provider-key/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import type { KeySealing } from './key-sealing.ts';

export type ProviderKeySet = {
  readonly keyId: ProviderKeyId;
  readonly outcome: Outcome<ProviderKey>;
};

const ENDING = 4;

/** Sets the key with which a tenant (or the platform, for all) is known at a provider. */
export function setProviderKey(ports: {
  readonly providerKeys: Handle<ProviderKey, ProviderKeyCommand>;
  readonly providerHistory: Pick<History<Provider>, 'newest'>;
  readonly sealing: KeySealing;
}) {
  return async (
    providerId: ProviderId,
    text: string,
    request: CommandRequest,
  ): Promise<ProviderKeySet> => {
    // Before anything is sealed: a refused request must not leave keys behind.
    assertMay(request.principal, 'provider-key.manage');
    const { state } = await ports.providerHistory.newest(PLATFORM, providerId);
    if (state.status !== 'published') throw new Rejected('provider/not-found');
    const { tenant } = request;
    const keyId = providerKeyIdOf(tenant, providerId);
    const sealedWith = derivedUuid(request.commandId, 'sealed-with');
    const sealed = await ports.sealing
      .seal(tenant, { sealedWith, providerId }, text)
      .catch(ofRepeat);
    const outcome = await ports.providerKeys(
      keyId,
      {
        type: 'SetProviderKey',
        providerId,
        sealedWith,
        sealed,
        ending: text.slice(-ENDING),
        providerPublished: true,
        isTaken: tenant === PLATFORM || state.settings.takesTenantKeys,
      },
      request,
    );
    return { keyId, outcome };
  };
}

/**
 * The sealing key follows from the command, so where it is gone this is a repeat of a command whose
 * key was revoked since: it gets the first outcome, and nothing is written.
 */
function ofRepeat(error: unknown): Uint8Array {
  if (error instanceof SubjectErased) return new Uint8Array();
  throw error;
}
