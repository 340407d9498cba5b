import { ByteReader } from './columns.ts';
import { type Ledger, REVERSED, type Run, addRun } from './ledger.ts';
import { packed, unzigzag, zigzag } from './packed-numbers.ts';
import { ownerWithinReach } from './reversals.ts';
import { codeOf, doingOf } from './run-codes.ts';

/** In front of the number of a reversal. */
const A_REVERSAL = 16;
/** The codes of what is no group's come before those of groups. */
const NO_GROUPS = 17;

/** What undo no longer reaches needs no number of its own. */
export function runsToBytes(ledger: Ledger): Uint8Array {
  const runs: Run[] = [];
  for (const run of ledger.runs) {
    addRun(runs, { ...run, owner: ownerWithinReach(ledger, run.owner) });
  }
  let last = 0;
  const handOf = new Map<number, number>();
  const written: number[] = [];
  for (const run of runs) {
    const { actor, owner, hand, count } = run;
    // An actor mostly goes on in the same hand.
    const isSame = (handOf.get(actor) ?? 0) === hand;
    handOf.set(actor, hand);
    written.push(actor, ...numbersOf(run, last), 2 * count + Number(!isSame));
    if (!isSame) written.push(hand);
    if (owner >= 0) last = owner;
  }
  return packed(written);
}

function numbersOf(run: Run, last: number): readonly number[] {
  const { owner, elements } = run;
  const isRevival = Number(elements === 'revived');
  if (owner >= 0) return [NO_GROUPS + 2 * zigzag(owner - last) + isRevival];
  const code = codeOf(run);
  return code === undefined ? [A_REVERSAL, 2 * (REVERSED - owner) + isRevival] : [code];
}

export function runsFrom(bytes: Uint8Array): Run[] {
  const runs: Run[] = [];
  const reader = new ByteReader(bytes);
  const handOf = new Map<number, number>();
  for (let last = 0; !reader.isAtEnd;) {
    const actor = reader.unsigned();
    const doing = doingFrom(reader, last);
    const counted = reader.unsigned();
    if (counted % 2 === 1) handOf.set(actor, reader.unsigned());
    if (doing.owner >= 0) last = doing.owner;
    runs.push({
      actor,
      ...doing,
      hand: handOf.get(actor) ?? 0,
      count: Math.floor(counted / 2),
    });
  }
  return runs;
}

function doingFrom(reader: ByteReader, last: number): Pick<Run, 'owner' | 'elements'> {
  const code = reader.unsigned();
  if (code < A_REVERSAL) return doingOf(code);
  const number = code === A_REVERSAL ? reader.unsigned() : code - NO_GROUPS;
  const elements = number % 2 === 1 ? 'revived' : undefined;
  const half = Math.floor(number / 2);
  return { owner: code === A_REVERSAL ? REVERSED - half : last + unzigzag(half), elements };
}
