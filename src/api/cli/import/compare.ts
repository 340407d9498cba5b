import type { DocumentClient } from './document-client.ts';

export type Comparison = {
  readonly equal: boolean;
  /** UTF-16 units; absent where there is no difference. */
  readonly firstDifference?: number;
  /** The document says something else by now, and said the right thing when the import ended. */
  readonly changedSince?: true;
};

/** Compares what the server serves with what the trace ends in. */
export async function compareDocument(
  documents: DocumentClient,
  id: string,
  revision: number,
  expected: string,
): Promise<Comparison> {
  const now = await documents.markdown(id);
  if (now?.text === expected) return { equal: true };
  if (now !== undefined && now.revision !== revision) {
    const then = await documents.markdown(id, revision);
    if (then?.text === expected) return { equal: true, changedSince: true };
  }
  return { equal: false, firstDifference: firstDifference(now?.text ?? '', expected) };
}

export function firstDifference(one: string, other: string): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  return at;
}
