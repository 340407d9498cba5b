import {
  type Server,
  type ServerUnaryCall,
  type sendUnaryData,
  status as code,
} from '@grpc/grpc-js';
import { appendWithFaults, batchAppend } from './appending.ts';
import type { Database, Written } from './database.ts';
import type { Faults } from './faults.ts';
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
import { unaryAppend } from './unary-appending.ts';
import { expectedOf, failure, streamDeleted, streamOf } from './wire.ts';

export type ServicePorts = {
  readonly database: Database;
  readonly faults: Faults;
  readonly breakAll: () => void;
  readonly thawed: () => Promise<void>;
  readonly port: () => number;
  readonly onRead: (call: ReadCall) => void;
};

export type Service = Parameters<Server['addService']>;

/** Every call that the clients make. */
export function servicesOf(ports: ServicePorts): Service[] {
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
