import type { Clock, Ids } from '#commands/ports.ts';
import type { DocumentId } from '#domain/ids.ts';

const TICKET_LIVES_MS = 30_000;
const MOST_TICKETS = 10_000;

export type Ticket = { readonly ticket: string; readonly expiresAt: Date };

/**
 * Lets a page open a connection without showing its credential to the script that opens it. A
 * ticket is good once, for one document, in the process that made it: a balancer that goes by the
 * document's address brings it there.
 */
export function liveTickets({ clock, ids }: { readonly clock: Clock; readonly ids: Ids }) {
  const issued = new Map<string, { credential: string; document: DocumentId; until: number }>();

  const forgetOld = (now: number) => {
    for (const [ticket, { until }] of issued) {
      if (until > now && issued.size < MOST_TICKETS) return;
      issued.delete(ticket);
    }
  };

  return {
    issue: (credential: string, document: DocumentId): Ticket => {
      const now = clock.now().getTime();
      forgetOld(now);
      const ticket = Buffer.from(ids.bytes(32)).toString('base64url');
      const until = now + TICKET_LIVES_MS;
      issued.set(ticket, { credential, document, until });
      return { ticket, expiresAt: new Date(until) };
    },

    /** The credential that the ticket stands for, once. */
    redeem: (ticket: string, document: DocumentId): string | undefined => {
      const found = issued.get(ticket);
      issued.delete(ticket);
      if (found?.document !== document || found.until <= clock.now().getTime()) return undefined;
      return found.credential;
    },
  };
}

export type LiveTickets = ReturnType<typeof liveTickets>;
