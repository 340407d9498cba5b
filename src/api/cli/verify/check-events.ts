import type { Progress } from '#api/cli/progress.ts';
import { checkHeader } from '#domain/check-header.ts';
import type { EventHeader } from '#domain/event.ts';
import { MalformedHeader } from '#domain/header.ts';
import { LogTampered } from '#domain/log-tampered.ts';
import type { StreamName } from '#domain/stream.ts';
import type { BodyCheck } from '#infra/crypto/body-check.ts';
import type { OpenedEventLog } from '#infra/log/open-event-log.ts';
import type { StoredRow } from '#infra/log/stored-pages.ts';
import type { Findings } from './findings.ts';

/** Where a stream ends, going by the events read so far. */
export type Tip = { readonly revision: number; readonly recordedAt: string };
export type Tips = ReadonlyMap<StreamName, Tip>;

type Checked = { readonly row: StoredRow; readonly header: EventHeader };

/**
 * Reads the whole log in its order and checks every event by itself and in its stream: positions
 * and revisions without a gap, times that never go back, strict headers, ids, seals and HMACs.
 * Answers where each stream ends.
 */
export async function checkEvents(
  log: Pick<OpenedEventLog, 'storedPages' | 'isGapFree'>,
  bodies: BodyCheck,
  upTo: bigint,
  findings: Findings,
  progress: Progress,
): Promise<Tips> {
  const tips = new Map<StreamName, Tip>();
  let position = 0n;
  try {
    for await (const page of log.storedPages({ after: 0n, upTo })) {
      if (log.isGapFree) checkGaps(page, position, findings);
      position = page.at(-1)?.position ?? position;
      await checkPage(page, tips, bodies, findings);
      progress.at(Number(position), Number(upTo));
    }
  } catch (error) {
    // What cannot even be read as an event of ours, where the log compares as it reads.
    if (!(error instanceof LogTampered)) throw error;
    findings.add('event', `after position ${position}`, error.message);
    return tips;
  }
  if (position < upTo) findings.add('event', `after position ${position}`, 'events are missing');
  return tips;
}

function checkGaps(page: readonly StoredRow[], before: bigint, findings: Findings): void {
  let position = before;
  for (const row of page) {
    if (row.position !== position + 1n)
      findings.add('event', `position ${position + 1n}`, `is missing, up to ${row.position}`);
    position = row.position;
  }
}

async function checkPage(
  page: readonly StoredRow[],
  tips: Map<StreamName, Tip>,
  bodies: BodyCheck,
  findings: Findings,
): Promise<void> {
  const events: Checked[] = [];
  for (const row of page) {
    const header = headerOf(row, findings);
    if (header === undefined) continue;
    checkPlace(header, row, tips, findings);
    events.push({ row, header });
  }
  await checkBodies(bodies, events, findings);
}

const placeOf = ({ position, columns }: StoredRow): string =>
  `position ${position} (${columns.stream}@${columns.revision})`;

function headerOf(row: StoredRow, findings: Findings): EventHeader | undefined {
  try {
    const header = checkHeader(row.header);
    const wrong = differingColumns(row, header);
    if (wrong.length > 0) {
      findings.add('event', placeOf(row), `its header says another ${wrong.join(', ')}`);
    }
    return header;
  } catch (error) {
    if (!(error instanceof MalformedHeader)) throw error;
    findings.add('event', placeOf(row), error.message);
    return undefined;
  }
}

function differingColumns({ columns }: StoredRow, header: EventHeader): string[] {
  const said: Readonly<Record<keyof StoredRow['columns'], string | number>> = {
    tenant_id: header.tenant,
    stream: header.stream,
    revision: String(header.revision),
    id: header.id,
    type: header.type,
    command_id: header.commandId,
    command_index: header.commandIndex,
    recorded_at: header.recordedAt,
  };
  return Object.entries(columns)
    .filter(([name, value]) => said[name as keyof typeof said] !== value)
    .map(([name]) => name);
}

function checkPlace(
  { stream, revision, recordedAt }: EventHeader,
  row: StoredRow,
  tips: Map<StreamName, Tip>,
  findings: Findings,
): void {
  const tip = tips.get(stream);
  const expected = (tip?.revision ?? -1) + 1;
  if (revision !== expected) {
    findings.add('event', placeOf(row), `its stream should be at revision ${expected}`);
  }
  if (tip !== undefined && recordedAt < tip.recordedAt) {
    findings.add('event', placeOf(row), 'it was recorded before the event that precedes it');
  }
  tips.set(stream, { revision, recordedAt });
}

async function checkBodies(
  bodies: BodyCheck,
  checked: readonly Checked[],
  findings: Findings,
): Promise<void> {
  const events = checked.map(({ row, header }) => ({ header, body: row.body }));
  const check = await bodies(events);
  for (const [index, event] of events.entries()) {
    try {
      check(event);
    } catch (error) {
      if (!(error instanceof LogTampered)) throw error;
      const row = checked[index]?.row;
      findings.add('event', row ? placeOf(row) : '', error.message);
    }
  }
}
