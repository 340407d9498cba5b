import { once } from 'node:events';
import { type IncomingMessage, get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';
import type { Clock } from '#commands/ports.ts';
import { withDeadline } from '#commands/with-deadline.ts';
import type { OutboundAddresses } from '#infra/outbound/outbound-addresses.ts';
import { KeysUnavailable } from './keys-unavailable.ts';

const DEADLINE_MS = 5_000;

export type GetJson = (address: string, mostBytes: number) => Promise<unknown>;

/**
 * Fetches JSON from where a tenant says, which need not mean well: bounded in time and size, only
 * from allowed addresses, and a redirection is a refusal. Throws `KeysUnavailable`.
 */
export function getJson(addresses: OutboundAddresses, clock: Pick<Clock, 'sleep'>): GetJson {
  return async (address, mostBytes) => {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (!url || !addresses.allows(url)) throw new KeysUnavailable('address-not-allowed');
    return await withDeadline(clock, DEADLINE_MS, async (late) => {
      try {
        return jsonOf(await textFrom(url, addresses, mostBytes, late));
      } catch (error) {
        if (late.aborted) throw new KeysUnavailable('timeout', { cause: error });
        if (error instanceof KeysUnavailable) throw error;
        throw new KeysUnavailable('connection', { cause: error });
      }
    });
  };
}

async function textFrom(
  url: URL,
  { lookupFor }: OutboundAddresses,
  mostBytes: number,
  signal: AbortSignal,
): Promise<string> {
  const get = url.protocol === 'https:' ? getSecure : getPlain;
  const request = get(url, {
    signal,
    // A connection of its own: none is kept whose address was not looked at.
    agent: false,
    lookup: lookupFor(url),
    headers: { accept: 'application/json', 'user-agent': 'palimpsest' },
  });
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new KeysUnavailable('status');
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of response as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > mostBytes) throw new KeysUnavailable('too-large');
      parts.push(part);
    }
    return Buffer.concat(parts).toString('utf8');
  } finally {
    request.on('error', () => undefined);
    request.destroy();
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KeysUnavailable('not-json', { cause });
  }
}
