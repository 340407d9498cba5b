import type { Verdict } from '#infra/log/appending.ts';
import type { CheckedAppend } from '#infra/log/checked-append.ts';
import type { Tail } from './known-streams.ts';

/** The same events are there already; where, is known of some only. */
type Repeated = {
  readonly kind: 'repeated';
  readonly revision: number;
  readonly position: bigint | undefined;
};

/** What a stream's newest events say of an append; `undefined` when nothing speaks against it. */
export function judge(
  { events, expected }: CheckedAppend,
  tail: Tail,
): Exclude<Verdict, { kind: 'appended' }> | Repeated | undefined {
  const outcomes = events.map(({ header }) =>
    tail.find(
      ({ commandId, commandIndex }) =>
        commandId === header.commandId && commandIndex === header.commandIndex,
    ),
  );
  const last = outcomes.at(-1);
  if (outcomes.some((outcome) => outcome !== undefined)) {
    const same = outcomes.every((outcome, index) => outcome?.id === events[index]!.header.id);
    if (!same || last === undefined) return { kind: 'duplicate' };
    return { kind: 'repeated', revision: last.revision, position: last.position };
  }
  const tip = tail.at(-1);
  const actual = tip?.revision ?? -1;
  if (actual !== expected) return { kind: 'wrong', actual, floor: tip?.recordedAt };
  const isEarly = tip !== undefined && events[0]!.header.recordedAt < tip.recordedAt;
  return isEarly ? { kind: 'early', actual, floor: tip.recordedAt } : undefined;
}
