import { median } from '../rounds.ts';
import type { Connection, LiveDocument } from './live-system.ts';
import type { ServerProcess } from './server-process.ts';

export type Opened = {
  /** From the connection's first byte until the reader has the whole document. */
  readonly milliseconds: number;
  /** Of the server's process, in milliseconds. */
  readonly cpu: number;
  /** Bytes of an open document with one reader: of the process, and as JavaScript counts them. */
  readonly resident: number;
  readonly used: number;
};

/** A reader for each of these documents, which the server does not have in memory. */
export async function opened(
  server: ServerProcess,
  [first, ...others]: readonly LiveDocument[],
): Promise<Opened> {
  const open = (document: LiveDocument) => document.read(server, 0, 'nothing', () => undefined);
  // What is made once for a process (compiled code, connections to a store) is not a document's.
  const connections: Connection[] = [await open(first!)];
  const before = await server.memory();
  const cpu = await server.cpu();
  const times: number[] = [];
  for (const document of others) {
    const began = performance.now();
    connections.push(await open(document));
    times.push(performance.now() - began);
  }
  const spent = (await server.cpu()) - cpu;
  const after = await server.memory();
  await Promise.all(connections.map((connection) => connection.close()));
  return {
    milliseconds: median(times),
    cpu: spent / others.length / 1_000,
    resident: (after.resident - before.resident) / others.length,
    used: (after.used - before.used) / others.length,
  };
}
