import { lookup as lookUp } from 'node:dns';
import { type LookupFunction, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Which addresses a server may fetch on a tenant's word. Without this an admin of any tenant could
 * make it ask what listens inside our own network.
 */
export type OutboundAddresses = {
  /** Whether this URL may be asked at all. A name is looked up, and checked, when it is connected to. */
  readonly allows: (url: URL) => boolean;
  /** For the connection itself, so that a name cannot answer one address here and another there. */
  readonly lookupFor: (url: URL) => LookupFunction;
};

/** `https` at public addresses; the origins that the operator lists may be private, or loopback. */
export function outboundAddresses(privateOrigins: readonly string[]): OutboundAddresses {
  const isListed = ({ origin }: URL) => privateOrigins.includes(origin);
  return {
    allows: (url) => {
      if (url.username !== '' || url.password !== '') return false;
      if (isListed(url)) return true;
      const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
      return url.protocol === 'https:' && (isIP(host) === 0 || isPublic(host));
    },

    lookupFor: (url) => (host, options, answer) => {
      lookUp(host, { ...options, all: true }, (error, found) => {
        const [first] = found ?? [];
        const isRefused = !isListed(url) && found?.some(({ address }) => !isPublic(address));
        if (error || !first || isRefused) {
          answer(
            error ?? Object.assign(new Error('No public address'), { code: 'ENOTPUBLIC' }),
            '',
          );
        } else if (options.all) {
          answer(null, found);
        } else {
          answer(null, first.address, first.family);
        }
      });
    },
  };
}

/** Anything that is not plainly somewhere on the internet is refused, mapped and tunnelled addresses too. */
export function isPublic(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast') return false;
  // 2000::/3 is all that is given out: `::10.0.0.1` and its like are unicast by name only.
  return address.kind() === 'ipv4' || (address.toByteArray()[0] ?? 0) >> 5 === 1;
}
