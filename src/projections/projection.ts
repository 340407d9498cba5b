import type { ErasedEvent, EventHeader, OpenedEvent } from '#domain/event.ts';
import type { Transaction } from 'kysely';

/**
 * What a projection is handed: opened, erased, or (where it asked for no bodies) the header alone.
 */
export type HeaderOnly = {
  readonly type: string;
  readonly header: EventHeader;
  readonly position: bigint;
  readonly erased?: never;
  readonly data?: never;
};
export type ProjectedEvent = OpenedEvent | ErasedEvent | HeaderOnly;

/** One table of a projection. `tenant_id text not null` and its place in every key are added by the engine. */
export type TableDefinition = {
  readonly name: string;
  /** Column definitions in SQL, without `tenant_id`. */
  readonly columns: string;
  /** The primary key's columns after `tenant_id`. */
  readonly key: readonly string[];
  /** Index definitions after `on <table>`, e.g. `using gin (search)`; each should lead with tenant_id. */
  readonly indexes?: readonly string[];
};

/**
 * A read model kept up to date by events. Its tables live in a Postgres schema of their own for
 * each version and generation, so that a rebuild fills a new one beside the old and the swap is
 * one registry row.
 */
export type Projection<Tables = unknown> = {
  readonly name: string;
  /** Raise it when the tables or the handlers change: the new version is built beside the old. */
  readonly version: number;
  readonly tables: readonly TableDefinition[];
  /** Into how many lanes its tenants are spread by hash, each with a checkpoint. Default 1. */
  readonly partitions?: number;
  /**
   * How long its lanes rest after a batch while they keep up, once there were a few, and nobody
   * waits for them: where a commit for every keystroke would cost more than the keystrokes. Default 0.
   */
  readonly restMs?: number;
  /** Opening a body costs more than folding it, so only what is asked for is opened. */
  readonly needs: (type: string) => 'body' | 'header' | 'nothing';
  /**
   * Takes the events (only those it needs, in log order) into its tables. Runs in the transaction
   * that moves the checkpoint: either both happen or neither. Throwing parks the failing stream.
   */
  readonly handle: (
    events: readonly ProjectedEvent[],
    tables: Transaction<Tables>,
  ) => Promise<void>;
};
