import type { TestContext } from 'node:test';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { type Database, database as newDatabase } from './database.ts';
import { type Faults, noFaults } from './faults.ts';
import type { ReadCall } from './reading.ts';
import { servicesOf } from './services.ts';
import { wireCutter } from './wire-cutter.ts';

export type EventStoreDouble = {
  /** Of the same form as a real server's. */
  readonly url: string;
  readonly port: number;
  readonly faults: Faults;
  readonly database: Database;
  /** How many reads and subscriptions have not ended. */
  openReads(): number;
  thaw(): void;
  /** Every connection breaks, and nobody can connect until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
};

export type DoubleOptions = {
  readonly port?: number;
  /** Key and certificate, in PEM; without them the server speaks no TLS, as with `--insecure`. */
  readonly tls?: { readonly key: string; readonly cert: string };
};

/** A server that speaks EventStoreDB's protocol, for as long as the test runs. */
export async function eventStoreDouble(
  t: TestContext,
  options: DoubleOptions = {},
): Promise<EventStoreDouble> {
  const double = await startDouble(options);
  t.after(async () => await double.close());
  return double;
}

export async function startDouble(options: DoubleOptions = {}): Promise<EventStoreDouble> {
  const faults = noFaults();
  const database = newDatabase();
  const waiting = new Set<() => void>();
  const reads = new Set<ReadCall>();
  const server = new Server({ 'grpc.max_receive_message_length': 20_000_000 });
  const { tls } = options;
  const credentials = tls
    ? ServerCredentials.createSsl(null, [
        { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) },
      ])
    : ServerCredentials.createInsecure();
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
  const wire = await wireCutter(bound, options.port);
  const thaw = () => {
    faults.frozen = false;
    for (const wake of waiting) wake();
    waiting.clear();
  };
  const services = servicesOf({
    database,
    faults,
    breakAll: wire.cut,
    thawed: async () => await new Promise<void>((resolve) => waiting.add(resolve)),
    port: () => wire.port,
    onRead: (call) => {
      reads.add(call);
      for (const end of ['close', 'cancelled', 'finish', 'error'])
        call.once(end, () => reads.delete(call));
    },
  });
  for (const [service, implementation] of services) server.addService(service, implementation);

  return {
    url: `esdb://127.0.0.1:${wire.port}${tls ? '' : '?tls=false'}`,
    port: wire.port,
    faults,
    database,
    openReads: () => reads.size,
    thaw,
    down: wire.close,
    up: async () => void (await wire.open()),
    close: async () => {
      thaw();
      await wire.close();
      server.forceShutdown();
    },
  };
}
