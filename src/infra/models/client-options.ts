import type { Clock } from '#commands/ports.ts';
import { providerFetch } from './provider-fetch.ts';

/** How a provider is reached. The key is shown nowhere. */
export type ProviderAccess = {
  readonly baseUrl?: string | undefined;
  readonly apiKey: string;
};

/**
 * What both client libraries are told. Their retries would be attempts that nobody reserved, and
 * their logs hold what a provider sent. Their timeout is only a bound above ours.
 */
export const clientOptions = (clock: Pick<Clock, 'sleep'>) =>
  ({
    maxRetries: 0,
    logLevel: 'off',
    timeout: 600_000,
    fetch: providerFetch(clock),
  }) as const;
