import {
  type Appended,
  type Clock,
  DuplicateCommand,
  type EventLog,
  type Expected,
  type Ids,
  LogUnavailable,
  type Place,
  WrongExpectedRevision,
} from '#commands/ports.ts';
import type { StreamName } from '#domain/stream.ts';
import { type CheckedAppend, checkedAppend, checkedExpected } from './checked-append.ts';
import { type Tip, lanes } from './lanes.ts';
import { ownTenant } from './own-tenant.ts';
import type { Ticket } from './patience.ts';

/** What the log decided about one append. `floor` is the time of the stream's last event. */
export type Verdict =
  | { readonly kind: 'appended'; readonly revision: number; readonly position: bigint }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'wrong'; readonly actual: number; readonly floor: string | undefined }
  | { readonly kind: 'early'; readonly actual: number; readonly floor: string };

export type Sequencer = {
  /** The log's verdict. Throws `LogUnavailable`. A stream has one append here at a time. */
  submit(append: CheckedAppend, ticket: Ticket): Promise<Verdict>;
};

export type AppendParts = {
  readonly sequencer: Sequencer;
  readonly within: <T>(work: (ticket: Ticket) => Promise<T>) => Promise<T>;
  readonly readTip: (stream: StreamName) => Promise<Tip>;
  readonly clock: Clock;
  readonly ids: Ids;
};

/** Finds the place, seals for it, asks the sequencer, and seals again when the place was taken. */
export function appending(parts: AppendParts): EventLog['append'] {
  const lane = lanes();
  return async (stream, expected, seal) => {
    ownTenant(stream);
    checkedExpected(expected);
    return await parts.within(
      async (ticket) =>
        await lane(stream, async (known) => {
          for (let attempt = 0; ; attempt++) {
            if (ticket.expired) throw new LogUnavailable('the stream is contended');
            const place = await placeOf(stream, expected, known, parts.readTip);
            const append = checkedAppend(stream, place, seal(place));
            known.tip = undefined;
            const verdict = await parts.sequencer.submit(append, ticket);
            switch (verdict.kind) {
              case 'appended': {
                const { revision, position } = verdict;
                known.tip = { revision, recordedAt: append.events.at(-1)!.header.recordedAt };
                return { revision, position } satisfies Appended;
              }
              case 'duplicate':
                throw new DuplicateCommand(stream, append.events[0]!.header.commandId);
              case 'early':
                known.tip = { revision: verdict.actual, recordedAt: verdict.floor };
                continue;
              case 'wrong':
                known.tip = { revision: verdict.actual, recordedAt: verdict.floor };
                if (expected !== 'any' && expected !== 'exists')
                  throw new WrongExpectedRevision(stream, expected, verdict.actual);
                // Another process was faster. Randomly long, so that two do not meet for ever.
                await parts.clock.sleep(parts.ids.random() * Math.min(2 ** attempt, 50));
            }
          }
        }),
    );
  };
}

async function placeOf(
  stream: StreamName,
  expected: Expected,
  known: { tip: Tip | undefined },
  readTip: (stream: StreamName) => Promise<Tip>,
): Promise<Place> {
  if (expected === 'any' || expected === 'exists') {
    known.tip ??= await readTip(stream);
    if (expected === 'exists' && known.tip.revision < 0)
      throw new WrongExpectedRevision(stream, expected, -1);
    return { revision: known.tip.revision + 1, notBefore: known.tip.recordedAt };
  }
  const last = expected === 'none' ? -1 : expected;
  const notBefore = known.tip?.revision === last ? known.tip.recordedAt : undefined;
  return { revision: last + 1, notBefore };
}
