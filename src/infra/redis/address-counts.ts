import { AdmissionUnavailable } from '#commands/admission.ts';
import type { CountAddress } from '#infra/memory/address-counts.ts';
import type { RedisConnection } from './connection.ts';
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
  return async (name, windowMs) => {
    try {
      const [current, ttlMs] = await redis.run(
        scripts.countAddress,
        [addressKey(name)],
        [windowMs],
      );
      return { current: Number(current), ttlMs: Number(ttlMs) };
    } catch (error) {
      if (!(error instanceof AdmissionUnavailable)) throw error;
      return await meanwhile(name, windowMs);
    }
  };
}
