import { type Ledger, send } from './command.ts';

/** What the clients of one run have been told, to be held against the log. */
export function newLedger(apiKey: string, url: () => string): Ledger {
  const counts = { sent: 0, unanswered: 0, retried: 0, repeated: 0, givenUp: false };
  return { apiKey, url, ...counts, acknowledged: [], wrong: [] };
}

/** Documents that every client edits. */
export async function sharedDocuments(ledger: Ledger): Promise<string[]> {
  const ids: string[] = [];
  for (const key of ['shared-0', 'shared-1', 'shared-2']) {
    const markers = [`[${key}]`];
    const body = { title: key, markdown: `${markers[0]}\n` };
    const created = await send(ledger, { key, path: '/v1/documents', body, markers });
    if (created !== undefined) ids.push(created.id);
  }
  return ids;
}
