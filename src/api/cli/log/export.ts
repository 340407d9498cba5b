import { once } from 'node:events';
import { open, rename } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { positionText } from '#api/position.ts';
import type { Progress } from '#api/cli/progress.ts';
import type { OpenedLog } from '#api/cli/with-log.ts';
import type { TenantId } from '#domain/ids.ts';
import type { StoredRow } from '#infra/log/stored-pages.ts';

/**
 * Writes every event up to now as one line of canonical JSON (RFC 8785): the header exactly as it
 * is stored, the body in base64 as it is stored, sealed. Needs the memory of one page. Answers the
 * number of events.
 */
export async function exportLog(
  { log }: Pick<OpenedLog, 'log'>,
  tenant: TenantId | undefined,
  file: string | undefined,
  progress: Progress,
): Promise<number> {
  const upTo = await log.head();
  let events = 0;
  async function* lines() {
    for await (const page of log.storedPages({ after: 0n, upTo, tenant })) {
      events += page.length;
      yield page.map((row) => lineOf(log.logId, row)).join('');
      progress.at(Number(page.at(-1)?.position ?? 0n), Number(upTo));
    }
  }
  await (file === undefined ? toStdout(lines()) : toFile(lines(), file));
  progress.end();
  return events;
}

/** Keys in the order of RFC 8785; the header's text is canonical already. */
const lineOf = (logId: string, { header, body, position }: StoredRow): string =>
  `{"body":"${Buffer.from(body).toString('base64')}","header":${header},"position":"${positionText(logId, position)}"}\n`;

/** Standard output is not ours to close, and whoever reads it may be slow. */
async function toStdout(lines: AsyncIterable<string>): Promise<void> {
  for await (const line of lines) {
    if (!process.stdout.write(line)) await once(process.stdout, 'drain');
  }
}

/** Under its name only when it is whole and on disk. */
async function toFile(lines: AsyncIterable<string>, path: string): Promise<void> {
  const unfinished = `${path}.part`;
  const file = await open(unfinished, 'w', 0o600);
  await pipeline(Readable.from(lines), file.createWriteStream({ flush: true }));
  await rename(unfinished, path);
}
