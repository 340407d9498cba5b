import type { ActorCommand, Actor } from '#domain/actor/decide.ts';
import type { Handle } from '#commands/handle.ts';
import type { History } from '#commands/history.ts';
import type { Clock, Ids, InspectChanges } from '#commands/ports.ts';
import type { Rooms } from '#commands/rooms/rooms.ts';
import type { DocumentDeps } from '#api/document-deps.ts';
import type { DocumentState } from '#domain/document/state.ts';
import type { Principal } from '#domain/rights.ts';
import type { LiveMetrics } from './metrics.ts';
import type { LiveTickets } from './tickets.ts';

/** What live connections need from the rest. */
export type LiveDeps = {
  readonly rooms: Rooms;
  readonly documents: Pick<DocumentDeps, 'handle' | 'edit'>;
  readonly history: Pick<History<DocumentState>, 'newest'>;
  readonly actors: {
    readonly handle: Handle<Actor, ActorCommand>;
    readonly history: Pick<History<Actor>, 'newest'>;
  };
  readonly inspect: InspectChanges;
  /** Who comes with a key or a token; `undefined`: nobody. Throws `KeysUnavailable`. */
  readonly whoIs: (credential: string) => Promise<Principal | undefined>;
  readonly tickets: LiveTickets;
  readonly metrics: LiveMetrics;
  readonly clock: Clock;
  readonly ids: Ids;
};
