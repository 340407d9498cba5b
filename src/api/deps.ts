import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { CommandRequest, Outcome } from '#commands/handle.ts';
import type { Clock, EventLog, Ids } from '#commands/ports.ts';
import type { ErasedEvent, OpenedEvent, RecordedEvent } from '#domain/event.ts';
import type { TenantId } from '#domain/ids.ts';
import type { Refusal } from '#domain/member/state.ts';
import type { Principal } from '#domain/rights.ts';
import type { StreamName } from '#domain/stream.ts';
import type { CountAddress } from '#infra/memory/address-counts.ts';
import type { Retried } from '#projections/operations.ts';
import type { DeadLetter } from '#projections/ports.ts';
import type { ProjectionStanding } from '#projections/standing.ts';

// What the HTTP application needs from the rest, as narrow functions: `compose.ts` ties them to
// the real thing, and a test can build the server from as little as it talks about.
// Everything is called inside `runAsTenant(principal.tenant)`, unless said otherwise.

/** What comes with every command of a request; `requests.ts` makes it. */
export type CommandMeta = CommandRequest;

/** The outcome of a command. A repeat of it gets the first one's. */
export type Written = Pick<Outcome<unknown>, 'revision' | 'position'>;

/** Sends a command to one stream through the one path (`commands/handle.ts`). */
export type Handle<Id, Command> = (id: Id, command: Command, meta: CommandMeta) => Promise<Written>;

export type Authentication = {
  /** The member behind `plm_<tenant>_<keyId>_<secret>`, or undefined. Runs outside of any tenant. */
  readonly byApiKey: (key: string) => Promise<Principal | undefined>;
  /**
   * The member behind an access token of a tenant's identity provider, or undefined. Runs outside
   * of any tenant. Throws `KeysUnavailable` where that cannot be said now.
   */
  readonly byToken: (token: string) => Promise<Principal | undefined>;
  /** The operator (tenant `platform`), or undefined. Constant time. */
  readonly byOperatorKey: (key: string) => Principal | undefined;
};

/** For the operator, outside of any tenant. `false`: there is no such projection, build or letter. */
export type ProjectionDeps = {
  readonly standings: () => Promise<readonly ProjectionStanding[]>;
  readonly rebuild: (name: string) => Promise<boolean>;
  readonly cancel: (name: string) => Promise<boolean>;
  readonly deadLetters: (name: string) => Promise<readonly DeadLetter[]>;
  readonly retry: (name: string, stream: StreamName) => Promise<Retried>;
  /** Dropping loses what the events would have changed, so it is itself an event. */
  readonly drop: (name: string, stream: StreamName, meta: CommandMeta) => Promise<boolean>;
};

/** What `Palimpsest-Position` and `Palimpsest-Min-Position` need to know. */
export type Positions = {
  readonly logId: string;
  readonly head: () => Promise<bigint>;
  /**
   * True once these views hold everything up to `position` for this tenant (`undefined`: for every
   * one); false when `signal` ends.
   */
  readonly reached: (
    tenant: TenantId | undefined,
    views: readonly string[],
    position: bigint,
    signal: AbortSignal,
  ) => Promise<boolean>;
};

export type Audit = {
  readonly log: Pick<EventLog, 'readAll' | 'readStream' | 'head' | 'logId'>;
  /** Opens and upcasts a page of the tenant's events, in its order. */
  readonly open: (
    events: readonly RecordedEvent[],
  ) => Promise<readonly (OpenedEvent | ErasedEvent)[]>;
  /** Auditors' own reads are events: called once a request, before the first line is sent. */
  readonly recordRead: (meta: CommandMeta, what: Readonly<Record<string, string>>) => Promise<void>;
};

/** How many malformed and rate-limited requests came with one key in one minute. */
export type RefusalCounts = { readonly malformed: number; readonly limited: number };

/** Refusals that someone will ask about. Called inside the tenant, after the answer was sent. */
export type RefusalRecords = {
  readonly byRight: (
    principal: Principal,
    refusal: Refusal,
    correlationId: string,
  ) => Promise<void>;
  readonly summarise: (principal: Principal, counts: RefusalCounts) => Promise<void>;
  /** Sign-ins that were refused since the last time. Called outside of any tenant. */
  readonly summariseSignIns: () => Promise<void>;
};

/** Whether this process may serve, and what it still waits for. */
export type Readiness = {
  readonly ready: boolean;
  readonly waitingFor: readonly string[];
  /** What does not answer, while all that does not need it is served. */
  readonly degraded: readonly string[];
};

/** What every route needs. The routes' own needs are handed to them: `documentRoutes({...})`. */
export type ServerDeps = {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly authentication: Authentication;
  readonly positions: Positions;
  readonly readiness: () => Promise<Readiness>;
  readonly standings: () => Promise<readonly ProjectionStanding[]>;
  readonly refusals: RefusalRecords;
  /** Where the engine's own counters are as well; `/metrics` serves it. */
  readonly metrics: Registry;
  readonly corsOrigins: readonly string[];
  /** Addresses and networks of our own proxies, whose word for who asks is taken. */
  readonly trustedProxies: readonly string[];
  /** What came from each address lately. */
  readonly addresses: { readonly count: CountAddress; readonly close: () => Promise<void> };
};
