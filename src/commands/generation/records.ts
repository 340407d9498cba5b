import type { Admission, Reservation } from '#commands/admission.ts';
import type { CommandRequest, Handle, Outcome } from '#commands/handle.ts';
import { type Clock, CommandContended, LogUnavailable, SubjectErased } from '#commands/ports.ts';
import type { GenerationCommand } from '#domain/generation/decide.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import { type Generation, spentBy } from '#domain/generation/state.ts';
import { type CommandId, SYSTEM, type TenantId, derivedUuid } from '#domain/ids.ts';

/** What a generation's own steps are sent with: each step of each generation is one command. */
export function stepOf(
  tenant: TenantId,
  id: GenerationId,
  step: string,
  because?: CommandRequest,
): CommandRequest {
  const traceparent = because?.traceparent;
  return {
    tenant,
    principal: because?.principal ?? { tenant, member: SYSTEM, roles: [], groups: [] },
    commandId: derivedUuid('generation', id, step) as CommandId,
    commandHash: new TextEncoder().encode(`${id} ${step}`),
    correlationId: because?.correlationId ?? id,
    ...(traceparent !== undefined && { traceparent }),
  };
}

const MOST_TRIES = 8;
const PAUSE_MS = 250;

/**
 * Writes what a provider has done already, so it is tried again while the log cannot be reached.
 * Where the member was erased meanwhile, only what it can have cost is written.
 */
export async function recorded(
  ports: { readonly generations: Handle<Generation, GenerationCommand>; readonly clock: Clock },
  id: GenerationId,
  command: GenerationCommand,
  request: CommandRequest,
): Promise<Outcome<Generation>> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ports.generations(id, command, request);
    } catch (error) {
      if (error instanceof SubjectErased) {
        const lost = stepOf(request.tenant, id, 'lost');
        return await ports.generations(id, { type: 'SettleLost' }, lost);
      }
      const mayPass = error instanceof LogUnavailable || error instanceof CommandContended;
      if (!mayPass || tries === MOST_TRIES) throw error;
      await ports.clock.sleep(PAUSE_MS * tries);
    }
  }
}

/** The counters learn what the log says in the end. */
export async function tellCounters(
  admission: Pick<Admission, 'settle' | 'release'>,
  reservation: Reservation,
  state: Generation,
): Promise<void> {
  if ('debits' in state && state.debits.size > 0) {
    await admission.settle(reservation, spentBy(state));
  } else await admission.release(reservation);
}
