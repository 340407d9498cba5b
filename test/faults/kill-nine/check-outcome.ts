import { setTimeout } from 'node:timers/promises';
import type { EventHeader } from '#domain/event.ts';
import { type TenantId, commandIdOf } from '#domain/ids.ts';
import { firstOwnerOf } from '#domain/member/state.ts';
import type { Acknowledged, Ledger } from './command.ts';

type Line = { readonly position: string; readonly header: EventHeader };

const demo = 'demo' as TenantId;

/** Everything that contradicts what the clients were told. */
export async function contradictions(ledger: Ledger): Promise<string[]> {
  const lines = await auditLines(ledger);
  const found = [...ledger.wrong, ...logContradictions(ledger.acknowledged, lines)];
  return [...found, ...(await textContradictions(ledger)), ...(await memberContradictions(ledger))];
}

function logContradictions(acknowledged: readonly Acknowledged[], lines: readonly Line[]) {
  const found: string[] = [];
  const byCommand = Map.groupBy(lines, ({ header }) => header.commandId);
  const commands = new Set<string>();
  const streams = new Set<string>();
  for (const command of acknowledged) {
    const id = commandIdOf(demo, firstOwnerOf(demo), command.key);
    commands.add(id);
    const events = byCommand.get(id) ?? [];
    for (const { header } of events) streams.add(header.stream);
    found.push(...ofOneCommand(command, events).map((what) => `${command.key}: ${what}`));
  }
  for (const { header } of lines) {
    if (streams.has(header.stream) && !commands.has(header.commandId)) {
      found.push(`${header.stream}@${header.revision}: of a command that nobody was told of`);
    }
  }
  return found;
}

function ofOneCommand({ id, revision, position }: Acknowledged, events: readonly Line[]) {
  const found: string[] = [];
  const last = events.at(-1);
  if (last === undefined) return ['is not in the log'];
  for (const [index, { header }] of events.entries()) {
    if (header.commandIndex !== index)
      found.push(`event ${index} has index ${header.commandIndex}`);
    if (header.stream !== last.header.stream) found.push(`is also in ${header.stream}`);
  }
  if (!last.header.stream.endsWith(`/${id}`)) found.push(`is in ${last.header.stream}, not ${id}`);
  if (last.header.revision !== revision) {
    found.push(`revision ${revision} was acknowledged, ${last.header.revision} is in the log`);
  }
  if (last.position !== position) {
    found.push(`position ${position} was acknowledged, ${last.position} is in the log`);
  }
  if (last.header.unfinished) found.push('was acknowledged and never finished');
  const effective = events.findIndex(({ header }) => !header.unfinished);
  const together = events.length - effective;
  const revisions = events[effective];
  if (revisions && last.header.revision - revisions.header.revision !== together - 1) {
    found.push('took effect in two places');
  }
  return found;
}

/** Each marker stands exactly once in the document it was written to. */
async function textContradictions(ledger: Ledger): Promise<string[]> {
  const found: string[] = [];
  const written = ledger.acknowledged.filter(({ path }) => path.startsWith('/v1/documents'));
  for (const [id, commands] of Map.groupBy(written, ({ id }) => id)) {
    const response = await ask(ledger, `/v1/documents/${id}`);
    if (!response.ok) {
      found.push(`document ${id} is answered ${response.status}`);
      continue;
    }
    const { sections } = (await response.json()) as { sections: { text: string }[] };
    const text = sections.map((section) => section.text).join('');
    const counts = new Map<string, number>();
    for (const [marker] of text.matchAll(/\[[^\]]*\]/g)) {
      counts.set(marker, (counts.get(marker) ?? 0) + 1);
    }
    for (const marker of commands.flatMap(({ markers }) => markers)) {
      const count = counts.get(marker) ?? 0;
      if (count !== 1) found.push(`${marker} stands ${count} times in document ${id}`);
      counts.delete(marker);
    }
    for (const marker of counts.keys()) found.push(`${marker} in ${id} was never acknowledged`);
  }
  return found;
}

async function memberContradictions(ledger: Ledger): Promise<string[]> {
  const invited = ledger.acknowledged.filter(({ path }) => path === '/v1/members');
  const newest = ledger.acknowledged.at(-1)?.position ?? '';
  const found: string[] = [];
  for (const { id, key } of invited) {
    const path = `/v1/members/${id}`;
    let response = await ask(ledger, path, { 'palimpsest-min-position': newest });
    // The killed process's lease on the view lasts a while, and the answer says to come back.
    for (let again = 0; response.status === 503 && again < 5; again++) {
      await response.body?.cancel();
      await setTimeout(1_000 * Number(response.headers.get('retry-after') ?? 1));
      response = await ask(ledger, path, { 'palimpsest-min-position': newest });
    }
    const { name } = (await response.json()) as { name?: string };
    if (name !== key) found.push(`member ${key} reads ${response.status} ${name}`);
  }
  return found;
}

async function auditLines(ledger: Ledger): Promise<Line[]> {
  const response = await ask(ledger, '/v1/audit/events', { accept: 'application/x-ndjson' });
  const lines: Line[] = [];
  let rest = '';
  for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const { position, header } = JSON.parse(part) as Line;
      lines.push({ position, header });
    }
  }
  return lines;
}

async function ask({ apiKey, url }: Ledger, path: string, headers: Record<string, string> = {}) {
  return await fetch(`${url()}${path}`, {
    headers: { authorization: `Bearer ${apiKey}`, ...headers },
  });
}
