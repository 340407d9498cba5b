import type { Audit } from '#api/deps.ts';
import { positionText } from '#api/position.ts';
import type { Clock } from '#commands/ports.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { auditLines } from './event-lines.ts';
import { type Selection, tenantEvents } from './read-events.ts';

const LOOK_AGAIN_MS = 200;
const HEARTBEAT_MS = 10_000;
const RIGHT_HOLDS_MS = 1_000;

type Following = {
  readonly audit: Audit;
  readonly clock: Clock;
  readonly selection: Selection;
  /** Asked again while the answer is open: a key that was revoked must not go on reading. */
  readonly stillAllowed: () => Promise<boolean>;
  readonly signal: AbortSignal;
};

/**
 * Server-sent events without an end. Each event's id is its position, so a client that comes back
 * with `Last-Event-ID` misses and repeats nothing; a heartbeat carries the position of what was
 * passed over, so it need not be passed over again. Looks at the head, and reads the tenant's own
 * events when it has moved: the log's unfiltered follower would read everybody's for one auditor.
 */
export async function* followedEvents(following: Following): AsyncGenerator<string> {
  const { audit, clock, selection, stillAllowed, signal } = following;
  const now = () => clock.now().getTime();
  let seen = selection.after;
  let [allowedAt, spokeAt] = [now(), now()];
  yield ': following\n\n';
  while (!signal.aborted) {
    if (now() - allowedAt >= RIGHT_HOLDS_MS) {
      if (!(await stillAllowed())) return;
      allowedAt = now();
    }
    const head = await audit.log.head();
    if (head > seen) {
      for await (const lines of linesAfter(audit, { ...selection, after: seen }, head)) {
        yield lines;
        spokeAt = now();
      }
      seen = head;
    }
    if (now() - spokeAt >= HEARTBEAT_MS) {
      yield `: alive\nid: ${positionText(audit.log.logId, seen)}\n\n`;
      spokeAt = now();
    }
    await clock.sleep(LOOK_AGAIN_MS, signal);
  }
}

async function* linesAfter(audit: Audit, selection: Selection, head: bigint) {
  const inTenant = <T>(work: () => Promise<T>) => runAsTenant(selection.tenant, work);
  const pages = tenantEvents(audit.log, selection, head);
  for (;;) {
    const page = await inTenant(() => pages.next());
    if (page.done) return;
    const lines = await inTenant(() => auditLines(audit, page.value));
    yield lines
      .map(({ position, type, json }) => {
        const id = positionText(audit.log.logId, position);
        return `id: ${id}\nevent: ${type}\ndata: ${json}\n\n`;
      })
      .join('');
  }
}
