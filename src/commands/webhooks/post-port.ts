/** What a receiver is sent. Both are the same however often it is tried. */
export type WebhookMessage = { readonly id: string; readonly body: string };

/** `undefined` where it was taken. */
export type PostFailure = { readonly reason: string; readonly isFinal: boolean } | undefined;

/** Sends it, signed, to an address that a tenant gave. */
export type PostWebhook = (
  url: string,
  secret: string,
  message: WebhookMessage,
) => Promise<PostFailure>;
