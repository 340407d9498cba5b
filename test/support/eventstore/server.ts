import type { TestContext } from 'node:test';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  status as code,
} from '@grpc/grpc-js';
import { appendWithFaults, batchAppend, unaryAppend } from './appending.ts';
import { type Database, type Written, database as newDatabase } from './database.ts';
import { type Faults, noFaults } from './faults.ts';
import {
  GossipService,
  ServerFeaturesService,
  StreamsService,
  features,
  gossip,
  shared,
  streams,
} from './protocol.ts';
import { type ReadCall, fail, read } from './reading.ts';
import { subscribe } from './subscribing.ts';
import { expectedOf, failure, streamDeleted, streamOf } from './wire.ts';
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

type Ports = {
  readonly database: Database;
  readonly faults: Faults;
  readonly breakAll: () => void;
  readonly thawed: () => Promise<void>;
  readonly port: () => number;
  readonly onRead: (call: ReadCall) => void;
};

type Service = Parameters<Server['addService']>;

function servicesOf(ports: Ports): Service[] {
  const { database, faults, breakAll, thawed } = ports;
  const append = appendWithFaults(ports);

  const isWelcome = ({ metadata }: { metadata: { get(name: string): unknown[] } }) => {
    const wanted = faults.credentials && Buffer.from(faults.credentials).toString('base64');
    return wanted === undefined || metadata.get('authorization')[0] === `Basic ${wanted}`;
  };
  const refused = () => failure(code.UNAUTHENTICATED, 'Not authenticated');

  const streamsServer = {
    read: (call: ReadCall) => {
      if (!isWelcome(call)) {
        fail(call, refused());
        return;
      }
      call.on('error', () => undefined);
      ports.onRead(call);
      const isSubscription = call.request.getOptions()?.hasSubscription() ?? false;
      const begin = faults.frozen ? thawed() : Promise.resolve();
      void begin.then(() =>
        isSubscription ? subscribe(call, { database, faults, breakAll }) : read(call, database),
      );
    },
    batchAppend: batchAppend(append),
    append: unaryAppend(append),
    delete: deleting(database.deleteSoftly, () => new streams.DeleteResp()),
    tombstone: deleting(database.tombstone, () => new streams.TombstoneResp()),
  };

  return [
    [StreamsService, streamsServer],
    [
      ServerFeaturesService,
      {
        getSupportedMethods: (_: unknown, answer: sendUnaryData<unknown>) =>
          answer(null, supported()),
      },
    ],
    [
      GossipService,
      { read: (_: unknown, answer: sendUnaryData<unknown>) => answer(null, cluster(ports.port())) },
    ],
  ];
}

type DeleteReq = InstanceType<typeof streams.DeleteReq>;

function deleting<Resp>(
  work: Database['deleteSoftly'],
  answerOf: () => Resp,
): (call: ServerUnaryCall<DeleteReq, Resp>, answer: sendUnaryData<Resp>) => void {
  return (call, answer) => {
    const options = call.request.getOptions();
    const stream = streamOf(options);
    const expected = options ? expectedOf(options, () => options.getRevision()) : 'any';
    const done: Written = work(stream, expected);
    if (done.kind === 'written') answer(null, answerOf());
    else if (done.kind === 'deleted') answer(streamDeleted(stream));
    else
      answer(
        failure(code.FAILED_PRECONDITION, 'Wrong expected version', 'wrong-expected-version', {
          'stream-name': stream,
          'expected-version': String(expected),
        }),
      );
  };
}

function supported() {
  const methods = new features.SupportedMethods();
  methods.setEventStoreServerVersion('24.2.0');
  for (const name of ['read', 'append', 'batchappend', 'delete', 'tombstone']) {
    const method = new features.SupportedMethod();
    method.setServiceName('event_store.client.streams.streams');
    method.setMethodName(name);
    methods.addMethods(method);
  }
  return methods;
}

function cluster(port: number) {
  const member = new gossip.MemberInfo();
  const address = new gossip.EndPoint();
  address.setAddress('127.0.0.1');
  address.setPort(port);
  member.setHttpEndPoint(address);
  member.setState(gossip.MemberInfo.VNodeState.LEADER);
  member.setIsAlive(true);
  const id = new shared.UUID();
  id.setString(crypto.randomUUID());
  member.setInstanceId(id);
  const info = new gossip.ClusterInfo();
  info.addMembers(member);
  return info;
}
