/** How a provider is reached. The key is shown nowhere. */
export type ProviderAccess = {
  readonly baseUrl?: string | undefined;
  readonly apiKey: string;
};

/**
 * What both client libraries are told. Their retries would be attempts that nobody reserved; their
 * logs hold what a provider sent; and a redirection would carry the key to another host. Their
 * timeout is only a bound above ours.
 */
export const clientOptions = {
  maxRetries: 0,
  logLevel: 'off',
  timeout: 600_000,
  fetchOptions: { redirect: 'error' },
} as const;
