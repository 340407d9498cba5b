import { once } from 'node:events';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { Webhook } from 'standardwebhooks';
import type { Clock } from '#commands/ports.ts';
import { withDeadline } from '#commands/with-deadline.ts';
import type { PostWebhook, WebhookMessage } from '#commands/webhooks/post-port.ts';
import type { OutboundAddresses } from '#infra/outbound/outbound-addresses.ts';

const DEADLINE_MS = 10_000;
const GONE = 410;

/**
 * Posts to where a tenant says, which need not mean well: only to allowed addresses, looked at as
 * it connects, bounded in time, no redirection followed and nothing read of what is answered.
 * Signed as Standard Webhooks says (https://www.standardwebhooks.com).
 */
export function postWebhook(addresses: OutboundAddresses, clock: Clock): PostWebhook {
  return async (address, secret, message) => {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (!url || !addresses.allows(url)) return { reason: 'address-not-allowed', isFinal: true };
    return await withDeadline(clock, DEADLINE_MS, async (late) => {
      try {
        const headers = signed(secret, message, clock.now());
        const status = await statusOf(url, addresses, { headers, ...message }, late);
        if (status >= 200 && status < 300) return undefined;
        return { reason: `status ${status}`, isFinal: status === GONE };
      } catch (error) {
        if (late.aborted) return { reason: 'timeout', isFinal: false };
        // The log keeps it in the clear: the kind of an error, and no text that may come from outside.
        const { code } = error as { readonly code?: unknown };
        const isKind = typeof code === 'string' && /^[A-Z][A-Z\d_]{1,60}$/.test(code);
        return { reason: isKind ? code : 'connection', isFinal: false };
      }
    });
  };
}

const signed = (secret: string, { id, body }: WebhookMessage, now: Date) => ({
  'webhook-id': id,
  'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
  'webhook-signature': new Webhook(secret).sign(id, now, body),
});

async function statusOf(
  url: URL,
  { lookupFor }: OutboundAddresses,
  { headers, body }: WebhookMessage & { readonly headers: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<number> {
  const send = url.protocol === 'https:' ? requestSecure : requestPlain;
  const request = send(url, {
    method: 'POST',
    signal,
    // A connection of its own: none is kept whose address was not looked at.
    agent: false,
    lookup: lookupFor(url),
    headers: { 'content-type': 'application/json', 'user-agent': 'palimpsest', ...headers },
  });
  try {
    const responded = once(request, 'response');
    request.end(body);
    const [response] = (await responded) as [IncomingMessage];
    return response.statusCode ?? 0;
  } finally {
    request.on('error', () => undefined);
    request.destroy();
  }
}
