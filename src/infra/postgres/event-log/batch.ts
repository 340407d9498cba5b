import type { Verdict } from '#infra/log/appending.ts';
import type { CheckedAppend } from '#infra/log/checked-append.ts';

export type VerdictRow = {
  readonly verdict: 'appended' | 'repeated' | 'duplicate' | 'wrong' | 'early';
  readonly revision: string;
  readonly position: string;
  readonly floor: string | null;
};

export const APPEND = 'select * from append_events($1, $2, $3, $4, $5, $6, $7)';

/** The parameters of `append_events`: one frame of bytes, because arrays of bytes travel as text. */
export function batchParameters(batch: readonly CheckedAppend[]): unknown[] {
  const appends: number[] = [];
  const heads: number[] = [];
  const bodies: number[] = [];
  const ends: number[] = [];
  const frame: Uint8Array[] = [];
  let length = 0;
  for (const [index, { events, headers }] of batch.entries()) {
    for (const [at, { body }] of events.entries()) {
      const header = headers[at]!;
      frame.push(header, body);
      appends.push(index + 1);
      heads.push(length);
      bodies.push(length + header.length);
      length += header.length + body.length;
      ends.push(length);
    }
  }
  const streams = batch.map(({ stream }) => stream);
  const expected = batch.map(({ expected }) => expected);
  return [streams, expected, appends, heads, bodies, ends, Buffer.concat(frame, length)];
}

export function verdictOf(row: VerdictRow): Verdict {
  const floor = row.floor ?? undefined;
  switch (row.verdict) {
    case 'appended':
    case 'repeated':
      return { kind: 'appended', revision: Number(row.revision), position: BigInt(row.position) };
    case 'duplicate':
      return { kind: 'duplicate' };
    case 'wrong':
      return { kind: 'wrong', actual: Number(row.revision), floor };
    case 'early':
      return { kind: 'early', actual: Number(row.revision), floor: floor ?? '' };
  }
}
