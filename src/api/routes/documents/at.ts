import { z } from 'zod';
import type { At } from '#api/document-deps.ts';
import { MOST_NAME_CHARACTERS } from '#domain/document/limits.ts';

const ACCEPTED = 'revision:42, time:2026-01-31T12:00:00Z or version:NAME';

/** A point in a document's history, as it stands in a query or a body. */
export const AtText = z
  .string()
  .max(MOST_NAME_CHARACTERS + 'version:'.length)
  .transform((text, context): At => {
    const at = atFrom(text);
    if (at) return at;
    context.addIssue({ code: 'custom', message: `expected ${ACCEPTED}` });
    return z.NEVER;
  })
  .describe(ACCEPTED);

function atFrom(text: string): At | undefined {
  const [, kind, value = ''] = /^(revision|time|version):(.+)$/su.exec(text) ?? [];
  if (kind === 'version') return { version: value };
  if (kind === 'time') return timeFrom(value);
  return kind === 'revision' && /^\d{1,15}$/.test(value) ? { revision: Number(value) } : undefined;
}

function timeFrom(text: string): At | undefined {
  const time = z.iso.datetime({ offset: true }).safeParse(text);
  return time.success ? { time: new Date(time.data) } : undefined;
}
