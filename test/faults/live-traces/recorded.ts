import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export type Patch = readonly [at: number, deleted: number, inserted: string];
export type Txn = { readonly patches: readonly Patch[] };
export type Sequential = { readonly endContent: string; readonly txns: readonly Txn[] };
export type Concurrent = {
  readonly endContent: string;
  readonly numAgents: number;
  readonly txns: readonly (Txn & { readonly parents: readonly number[]; readonly agent: number })[];
};

const data = process.env['PALIMPSEST_DATA'] ?? join(import.meta.dirname, '../../../../shared/data');

/** A recorded session (github.com/josephg/editing-traces), where there is one. */
export async function recorded(name: string): Promise<unknown> {
  try {
    return JSON.parse(
      gunzipSync(await readFile(join(data, 'traces', `${name}.json.gz`))).toString(),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Of each txn, how many of every agent's txns it was written upon. */
export function knowledgeOf({ txns, numAgents }: Concurrent): readonly (readonly number[])[] {
  const counts = Array.from({ length: numAgents }, () => 0);
  /** With the txn itself. */
  const after: number[][] = [];
  return txns.map(({ parents, agent }, index) => {
    const known = Array.from({ length: numAgents }, (_, one) =>
      Math.max(0, ...parents.map((parent) => after[parent]![one]!)),
    );
    counts[agent]! += 1;
    after[index] = known.with(agent, counts[agent]!);
    return known;
  });
}
