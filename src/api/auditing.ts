import type { EventLog, Sealer } from '#commands/ports.ts';
import { openEvents } from '#infra/crypto/open-events.ts';
import type { Aggregates } from './aggregates.ts';
import type { Audit } from './deps.ts';

/** What auditors read, and the trace that their reading leaves. */
export const auditing = (
  log: EventLog,
  sealer: Sealer,
  { members }: Pick<Aggregates, 'members'>,
): Audit => ({
  log,
  open: async (events) => (await openEvents(sealer, events)).map(({ event }) => event),
  recordRead: async (meta, asked) => {
    await members.handle(meta.principal.member, { type: 'RecordAuditRead', asked }, meta);
  },
});
