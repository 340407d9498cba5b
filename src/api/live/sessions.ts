import type { Clock } from '#commands/ports.ts';
import type { TenantId } from '#domain/ids.ts';
import { type StreamName, partsOf } from '#domain/stream.ts';

/** A connection that is open, for whoever has news for it. */
export type LiveSession = {
  readonly session: string;
  readonly tenant: TenantId;
  readonly member: string;
  readonly actor: () => string | undefined;
  /** Asks again whether the credential is sound and what it allows. */
  readonly recheck: () => Promise<void>;
  /** The actor writes through another connection now. */
  readonly replaced: () => void;
  readonly goAway: () => void;
};

export type LiveSessions = ReturnType<typeof liveSessions>;

/** Of one member, over all documents; of one document, from all members. */
export const MOST_OF_MEMBER = 100;

/** Behind a group's event comes its view, and what was known of a credential is known a moment longer. */
const RECHECKS_MS = [0, 350, 750];
const changesRights = new Set(['tenant', 'member', 'api-key', 'group', 'identity-provider']);

/** All connections of this process. */
export function liveSessions({ clock }: { readonly clock: Clock }) {
  const open = new Set<LiveSession>();
  const rechecking = new Set<TenantId>();

  const recheck = async (tenant: TenantId) => {
    if (rechecking.has(tenant)) return;
    rechecking.add(tenant);
    let passed = 0;
    for (const after of RECHECKS_MS) {
      await clock.sleep(after - passed);
      passed = after;
      // What comes from here on is rechecked again.
      if (after === RECHECKS_MS.at(-1)) rechecking.delete(tenant);
      await Promise.all([...open].flatMap((one) => (one.tenant === tenant ? [one.recheck()] : [])));
    }
  };

  return {
    add: (session: LiveSession) => open.add(session),
    remove: (session: LiveSession) => open.delete(session),
    countOf: (tenant: TenantId, member: string) =>
      [...open].filter((one) => one.tenant === tenant && one.member === member).length,

    /** Something was appended that may take a right away, or move an actor. */
    heard: (
      stream: StreamName,
      events: readonly { readonly type: string; readonly data?: unknown }[],
    ) => {
      const parts = partsOf(stream);
      if (parts === undefined || open.size === 0) return;
      if (parts.kind === 'actor') {
        for (const { type, data } of events) {
          if (type === 'ActorResumed') moved(open, parts.id, data as { connection: string });
        }
      } else if (changesRights.has(parts.kind)) void recheck(parts.tenant);
    },
    /** Credentials expire without an event. */
    recheckAll: async () => {
      for (const one of open) await one.recheck();
    },
    goAway: () => {
      for (const one of open) one.goAway();
    },
    hasActor: (actor: string) => [...open].some((one) => one.actor() === actor),
  };
}

function moved(
  open: ReadonlySet<LiveSession>,
  actor: string,
  { connection }: { connection: string },
) {
  for (const one of open) {
    if (one.actor() === actor && one.session !== connection) one.replaced();
  }
}
