import type { Aggregate } from '#domain/aggregate.ts';
import type { DomainEvent } from '#domain/event.ts';
import { type StreamName, partsOf } from '#domain/stream.ts';
import { type Sealer, SubjectErased } from './ports.ts';

/**
 * Whether what was folded of a stream may be kept. Another process may have destroyed its key,
 * which shows when the key is fetched anew: that costs little beside reading all of it again.
 * `false` also where no key seals all of the state.
 */
export async function isStillReadable<State, Command, Event extends DomainEvent>(
  sealer: Pick<Sealer, 'keyFor'>,
  aggregate: Pick<Aggregate<State, Command, Event>, 'snapshot'>,
  stream: StreamName,
): Promise<boolean> {
  const parts = partsOf(stream);
  if (!parts || !aggregate.snapshot) return false;
  try {
    await sealer.keyFor(parts.tenant, aggregate.snapshot.subject(parts));
    return true;
  } catch (error) {
    if (error instanceof SubjectErased) return false;
    throw error;
  }
}
