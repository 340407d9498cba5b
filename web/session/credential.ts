// The credential is kept for as long as the tab is open, and never in an address.

const KEY = 'palimpsest-credential';

export type Credential = {
  readonly text: string;
  /** As the others see whoever has it, in this document. */
  readonly name: string;
};

export function keptCredential(): Credential | undefined {
  const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
  return isCredential(kept) ? kept : undefined;
}

export const keepCredential = (credential: Credential): void =>
  sessionStorage.setItem(KEY, JSON.stringify(credential));

export const forgetCredential = (): void => sessionStorage.removeItem(KEY);

/**
 * Who it is, without the secret: names what is kept on the device. `plm_<tenant>_<key id>_<secret>`
 * or a token, of which issuer and subject stay the same when it is renewed.
 */
export function holderOf({ text }: Credential): string {
  const [, payload] = text.split('.');
  if (payload === undefined) return /^plm_[^_]+_[^_]+/.exec(text)?.[0] ?? 'unknown';
  try {
    const json = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const { iss, sub } = JSON.parse(json) as { readonly iss?: unknown; readonly sub?: unknown };
    return `${String(iss)} ${String(sub)}`;
  } catch {
    return 'unknown';
  }
}

const isCredential = (kept: unknown): kept is Credential =>
  typeof kept === 'object' && kept !== null && 'text' in kept && 'name' in kept;
