import { decode, encode } from 'cborg';
import { z } from 'zod';
import { readContent } from '#domain/document/content.ts';
import { Cut, type DocumentEvent, Origin } from '#domain/document/events.ts';
import { settled, storedContent } from '#domain/document/live-content.ts';
import { headsFromBytes, headsOf, headsToBytes, loadReplica } from '#domain/document/replica.ts';
import type { LivingDocument, PastCut } from '#domain/document/state.ts';
import {
  type Ledger,
  type Run,
  addRun,
  changesIn,
  newLedger,
} from '#domain/document/undo/ledger.ts';
import { settledOwner } from '#domain/document/undo/reversals.ts';
import { codeOf, doingOf } from '#domain/document/undo/run-codes.ts';
import { bytes } from '#domain/event.ts';
import { MemberId } from '#domain/ids.ts';

/** Of the bytes that one event carries: several fit an append. */
const PART_BYTES = 400_000;
const NUMBERS_PER_RUN = 4;

/**
 * What a branch begins with. Stored for ever, in the branch's first events: add fields, never
 * rename or remove them.
 */
const Inheritance = z.object({
  /** The Automerge document. */
  saved: bytes(),
  /** The original's heads. What is beyond them is the branch's own: its name. */
  heads: z.array(bytes()),
  /** How many changes of the original there are. */
  changes: z.int().nonnegative(),
  ground: z.uuid().optional(),
  settlings: z.int().nonnegative(),
  actors: z.array(bytes()),
  hands: z.array(z.object({ author: MemberId, origin: Origin })),
  /**
   * Of all changes in the order of the log, run after run: actor, what the change does (1 counts,
   * 2 was taken back, 3 moves text, 4 is the server's for undo, 5 and 6 are as 1 and 2 and bring
   * characters back), hand, how many.
   */
  runs: z.array(z.int().nonnegative()),
  cuts: z.array(Cut.omit({ change: true }).extend({ revision: z.int().nonnegative() })),
});

/** What a document hands on to a branch: plain data that outlives the state. */
export type Inherited = {
  readonly title: string;
  readonly saved: Uint8Array;
  readonly heads: readonly string[];
  /** Without groups: what was there before the branch is nobody's to take back in it. */
  readonly ledger: Ledger;
  readonly cuts: readonly PastCut[];
};

export function inheritedFrom({ content, ledger, cuts }: LivingDocument): Inherited {
  const { replica, title } = settled(content);
  const runs: Run[] = [];
  for (const run of ledger.runs) addRun(runs, { ...run, owner: settledOwner(ledger, run.owner) });
  const { ground, settlings } = ledger;
  const known = structuredClone({ actors: ledger.actors, counts: ledger.counts });
  const hands = structuredClone(ledger.hands);
  return {
    title,
    saved: replica.save(),
    heads: headsOf(replica),
    ledger: { ...newLedger(), ...known, hands, runs, ground, settlings },
    cuts,
  };
}

/** `changes`: how many of those in the ledger are the original's. */
export function inheritanceEvents(
  { saved, heads, ledger, cuts }: Omit<Inherited, 'title'>,
  changes: number,
): DocumentEvent[] {
  const whole = encode(
    Inheritance.parse({
      saved,
      heads: headsToBytes(heads),
      changes,
      ground: ledger.ground,
      settlings: ledger.settlings,
      actors: ledger.actors.map((actor) => new Uint8Array(Buffer.from(actor, 'hex'))),
      hands: ledger.hands,
      runs: ledger.runs.flatMap(runNumbers),
      cuts: cuts.map(({ before, after, ...cut }) => ({
        ...cut,
        before: headsToBytes(before),
        after: headsToBytes(after),
      })),
    }),
    { ignoreUndefinedProperties: true },
  );
  const replica = loadReplica(saved);
  const sections = readContent(replica).sections.map(({ id }) => id);
  replica.free();
  const count = Math.ceil(whole.length / PART_BYTES);
  return Array.from({ length: count }, (_, index) => ({
    type: 'ContentInherited',
    data: {
      part: whole.slice(index * PART_BYTES, (index + 1) * PART_BYTES),
      ...(index === count - 1 && { sections }),
    },
  }));
}

function runNumbers(run: Run): readonly number[] {
  const code = codeOf(run);
  if (code === undefined) throw new Error('A branch began with what a group can take back.');
  return [run.actor, code, run.hand, run.count];
}

type Begun = Pick<LivingDocument, 'content' | 'ledger' | 'cuts' | 'inherited'>;

export function inheritanceFrom(parts: readonly Uint8Array[]): Begun {
  const stored = Inheritance.parse(decode(Buffer.concat(parts)));
  const { saved, heads, changes, cuts } = stored;
  const ledger = ledgerFrom(stored);
  return {
    content: storedContent(saved),
    ledger,
    cuts: cuts.map(({ before, after, ...cut }) =>
      Object.assign(cut, { before: headsFromBytes(before), after: headsFromBytes(after) }),
    ),
    inherited: { heads: headsFromBytes(heads), changes, named: changesIn(ledger) },
  };
}

function ledgerFrom(stored: z.infer<typeof Inheritance>): Ledger {
  const actors = stored.actors.map((actor) => Buffer.from(actor).toString('hex'));
  const counts = actors.map(() => 0);
  const runs: Run[] = [];
  for (let at = 0; at < stored.runs.length; at += NUMBERS_PER_RUN) {
    const [actor = 0, code = 1, hand = 0, count = 0] = stored.runs.slice(at, at + NUMBERS_PER_RUN);
    runs.push({ actor, ...doingOf(code), hand, count });
    counts[actor] = (counts[actor] ?? 0) + count;
  }
  const { hands, ground, settlings } = stored;
  return { ...newLedger(), actors, counts, hands, runs, ground, settlings };
}
