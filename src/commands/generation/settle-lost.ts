import type { Admission, Reservation } from '#commands/admission.ts';
import type { Handle } from '#commands/handle.ts';
import type { Clock, EventLog } from '#commands/ports.ts';
import type { GenerationCommand } from '#domain/generation/decide.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import type { Generation } from '#domain/generation/state.ts';
import type { TenantId } from '#domain/ids.ts';
import { recorded, stepOf, tellCounters } from './records.ts';

const LOOK_EVERY_MS = 2_000;
const AT_ONCE = 100;
const PAGE = 1_000;

type Ports = {
  readonly log: Pick<EventLog, 'readAll'>;
  readonly generations: Handle<Generation, GenerationCommand>;
  readonly admission: Pick<Admission, 'expired' | 'settle' | 'release'>;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
};

/**
 * Ends what nobody is at work on any more: holds whose lease ran out, because a process died or
 * slept. The log decides how: what is in it may have reached a provider, and is debited at the most
 * that can have cost; what is not can never come any more.
 */
export function settlingLost(ports: Ports) {
  const { log, generations, admission, clock, onError } = ports;
  const tenants = new Set<TenantId>();
  const stop = new AbortController();
  let seen = 0n;
  let running: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    for (;;) {
      const page = await log.readAll({ after: seen, types: ['BudgetReserved'], limit: PAGE });
      for (const { header } of page) tenants.add(header.tenant);
      const last = page.at(-1);
      if (last === undefined) return;
      seen = last.position;
    }
  };

  const end = async (reservation: Reservation): Promise<void> => {
    const { tenant } = reservation;
    const id = reservation.id as string as GenerationId;
    const abandon = { type: 'AbandonGeneration' } as const;
    const { state } = await generations(id, abandon, stepOf(tenant, id, 'abandoned'));
    if (state.status === 'abandoned') await admission.release(reservation);
    else {
      const lost = { type: 'SettleLost' } as const;
      const settled = await recorded(ports, id, lost, stepOf(tenant, id, 'lost'));
      await tellCounters(admission, reservation, settled.state);
    }
  };

  const settle = async (): Promise<void> => {
    await look();
    for (const tenant of tenants) {
      for (const { reservation } of await admission.expired(tenant, AT_ONCE)) {
        await end(reservation);
      }
    }
  };

  return {
    /** A hold may be made for this tenant that the log never hears of. */
    watch: (tenant: TenantId): void => void tenants.add(tenant),
    settle,
    start: (): void => {
      running = (async () => {
        while (!stop.signal.aborted) {
          await settle().catch(onError);
          await clock.sleep(LOOK_EVERY_MS, stop.signal);
        }
      })();
    },
    stop: async (): Promise<void> => {
      stop.abort();
      await running;
    },
  };
}
