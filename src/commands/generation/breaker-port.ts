import type { BreakerPermit, BreakerStatus, CallHealth } from '#domain/breaker/breaker.ts';
import type { ModelId, ProviderId } from '#domain/ids.ts';

/** What has a breaker. Two providers' models of one name fail for reasons of their own. */
export type ModelAt = { readonly model: ModelId; readonly provider: ProviderId };

/** `waitMs`: how long nobody may call it; 0 when somebody may. */
export type BreakerStanding = { readonly status: BreakerStatus; readonly waitMs: number };

/**
 * Breakers per provider and model: closed → open when too many calls failed → half-open, where one
 * call at a time probes → closed. They make answers come sooner and are no limit that must hold, so
 * where they cannot be asked everybody may call.
 */
export type Breakers = {
  /** Takes nothing. */
  standing(at: ModelAt): Promise<BreakerStanding>;
  /**
   * A permit for one call, to be recorded in any case: a probe keeps others waiting until its lease
   * is over. `undefined` when nobody may call now.
   */
  acquire(at: ModelAt): Promise<BreakerPermit | undefined>;
  /** How the call went; answers the status then. What is recorded too late, or twice, changes nothing. */
  record(at: ModelAt, permit: BreakerPermit, health: CallHealth): Promise<BreakerStatus>;
};

/** Hears of every change of a breaker, from whoever made it. */
export type BreakerChanged = (at: ModelAt, to: BreakerStatus) => void;
