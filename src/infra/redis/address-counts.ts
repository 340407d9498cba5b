import type { CountAddress } from '#infra/memory/address-counts.ts';
import type { RedisConnection } from './connection.ts';
import { ifUnavailable } from './if-unavailable.ts';
import { addressKey } from './keys.ts';
import { scripts } from './scripts.ts';

/**
 * What came to all processes. While Redis does not answer each counts what comes to itself: a limit
 * at the edge must neither let everybody in then nor keep everybody out.
 */
export function redisAddressCounts(
  redis: Pick<RedisConnection, 'run'>,
  meanwhile: CountAddress,
): CountAddress {
  const count: CountAddress = async (name, windowMs) => {
    const reply = await redis.run(scripts.countAddress, [addressKey(name)], [windowMs]);
    const [current, ttlMs] = reply;
    return { current: Number(current), ttlMs: Number(ttlMs) };
  };
  return (name, windowMs) => ifUnavailable(count(name, windowMs), () => meanwhile(name, windowMs));
}
