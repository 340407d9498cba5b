import type { Aggregate } from '#domain/aggregate.ts';
import type { DomainEvent } from '#domain/event.ts';
import { type StreamName, partsOf } from '#domain/stream.ts';
import { type Clock, type Sealer, SubjectErased } from './ports.ts';

/** A destroyed key must take the content with it: so often it is seen whether the key is there. */
export const KEY_SEEN_FOR_MS = 60_000;

type Ports = { readonly sealer: Pick<Sealer, 'keyFor'>; readonly clock: Pick<Clock, 'now'> };
type Sealed<State, Command, Event extends DomainEvent> = Pick<
  Aggregate<State, Command, Event>,
  'snapshot'
>;

/**
 * Whether what is held of a stream may be kept. `keySeenAt` is when it was loaded, or when its key
 * was last there, in milliseconds since 1970.
 */
export async function mayBeKept<State, Command, Event extends DomainEvent>(
  { sealer, clock }: Ports,
  aggregate: Sealed<State, Command, Event>,
  stream: StreamName,
  held: { keySeenAt: number },
): Promise<boolean> {
  const now = clock.now().getTime();
  if (now - held.keySeenAt < KEY_SEEN_FOR_MS) return true;
  if (!(await isStillReadable(sealer, aggregate, stream))) return false;
  held.keySeenAt = now;
  return true;
}

/**
 * Another process may have destroyed the key, which shows when it is fetched anew: that costs
 * little beside reading all of the stream again. `false` also where no key seals all of the state.
 */
async function isStillReadable<State, Command, Event extends DomainEvent>(
  sealer: Ports['sealer'],
  { snapshot }: Sealed<State, Command, Event>,
  stream: StreamName,
): Promise<boolean> {
  const parts = partsOf(stream);
  if (!parts || !snapshot) return false;
  try {
    await sealer.keyFor(parts.tenant, snapshot.subject(parts));
    return true;
  } catch (error) {
    if (error instanceof SubjectErased) return false;
    throw error;
  }
}
