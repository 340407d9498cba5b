import type { ServerProcess } from './server-process.ts';
import type { Session } from './session.ts';

/**
 * A system in which people edit one document together, seen from the wire. Its clients here send
 * what its own library recorded before and fold nothing, so that the machine is the server's.
 */
export type LiveSystem = {
  readonly name: string;
  /** Its server in a process of its own, on what it stored before, with what it ships as defaults. */
  start(): Promise<ServerProcess>;
  /** A new document that holds the session's history, stored, and the changes of its writer, recorded. */
  seed(server: ServerProcess, session: Session, editsPerChange: number): Promise<LiveDocument>;
  close(): Promise<void>;
};

export type LiveDocument = {
  /**
   * Resolves when this reader has all that the server has. Readers are told apart by number, for
   * a server that remembers whom it spoke to. `has` is how many of the writer's changes it kept
   * from before, beside the history. `arrived` is told the number of every change that comes later.
   */
  read(
    server: ServerProcess,
    reader: number,
    has: number | 'nothing',
    arrived: (change: number) => void,
  ): Promise<Connection>;
  write(server: ServerProcess): Promise<Writer>;
  /** The Markdown that the server gives to a new client, read by the system's own library. */
  text(server: ServerProcess): Promise<string>;
  /** What is stored of this document, without indexes and headers of files. */
  storedBytes(): Promise<number>;
  /** Of those, the bodies of events where there are any, and the newest whole document. */
  storedParts(): Promise<{ readonly bodies?: number; readonly document: number }>;
};

export type Connection = {
  /** Both ways on TCP, frames and handshake included. */
  bytes(): number;
  close(): Promise<void>;
};

export type Writer = Connection & {
  /** Hands the change over as the system's client does it: at once, or when the library's pause is over. */
  send(change: number): void;
};
