import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Address } from './palimpsest-client.ts';
import type { ServerProcess } from './server-process.ts';

export type CrowdOrder = {
  readonly url: string;
  readonly addresses: readonly Address[];
  readonly seconds: number;
};

/** In milliseconds, of changes from their sending until the other writer has them, and of previews. */
export type CrowdFigures = { readonly changes: number[]; readonly previews: number[] };

/**
 * Two writers for each document, in a process of their own, typing for so many seconds after they
 * have all come. What the server spent on them is in microseconds.
 */
export async function crowd(
  server: ServerProcess,
  addresses: readonly Address[],
  seconds: number,
): Promise<CrowdFigures & { readonly spent: number }> {
  const child = fork(new URL('crowd-process.ts', import.meta.url), {
    serialization: 'advanced',
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  child.send({ url: server.url, addresses, seconds } satisfies CrowdOrder);
  const over = once(child, 'exit').then(([code]) => {
    throw new Error(`The writers ended with ${code}.`);
  });
  await Promise.race([once(child, 'message'), over]);
  const before = await server.cpu();
  const [figures] = await Promise.race([once(child, 'message'), over]);
  return { ...figures, spent: (await server.cpu()) - before };
}
