import { Metadata, status as code } from '@grpc/grpc-js';
import type { Expected, Proposed, Stored } from './database.ts';
import { shared, streams } from './protocol.ts';

/** The answer to a call that fails, with what the clients tell failures apart by. */
export function failure(
  grpcCode: number,
  details: string,
  exception?: string,
  more: Readonly<Record<string, string>> = {},
) {
  const metadata = new Metadata();
  if (exception !== undefined) metadata.set('exception', exception);
  for (const [name, value] of Object.entries(more)) metadata.set(name, value);
  return Object.assign(new Error(details), { code: grpcCode, details, metadata });
}

export const streamDeleted = (stream: string) =>
  failure(code.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, 'stream-deleted', {
    'stream-name': stream,
  });

type Options = {
  hasAny(): boolean;
  hasNoStream(): boolean;
  hasStreamExists(): boolean;
};

export function expectedOf(options: Options, revision: () => string | number): Expected {
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasStreamExists()) return 'stream_exists';
  return BigInt(revision());
}

type Identified = {
  getStreamIdentifier(): InstanceType<typeof shared.StreamIdentifier> | undefined;
};

export const streamOf = (options: Identified | undefined): string =>
  Buffer.from(options?.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString();

export function identifier(stream: string) {
  const named = new shared.StreamIdentifier();
  named.setStreamName(Buffer.from(stream).toString('base64'));
  return named;
}

type Message = {
  getId(): InstanceType<typeof shared.UUID> | undefined;
  getMetadataMap(): { get(name: string): string | undefined };
  getCustomMetadata_asU8(): Uint8Array;
  getData_asU8(): Uint8Array;
};

export const proposedOf = (message: Message): Proposed => ({
  // The server keeps 128 bits, so they come back in lower case.
  id: (message.getId()?.getString() ?? '').toLowerCase(),
  type: message.getMetadataMap().get('type') ?? '',
  contentType: message.getMetadataMap().get('content-type') ?? '',
  data: new Uint8Array(message.getData_asU8()),
  metadata: new Uint8Array(message.getCustomMetadata_asU8()),
});

export function eventAnswer(event: Stored) {
  const record = new streams.ReadResp.ReadEvent.RecordedEvent();
  const id = new shared.UUID();
  id.setString(event.id);
  record.setId(id);
  record.setStreamIdentifier(identifier(event.stream));
  record.setStreamRevision(String(event.revision));
  record.setPreparePosition(String(event.position));
  record.setCommitPosition(String(event.position));
  record.getMetadataMap().set('type', event.type);
  record.getMetadataMap().set('content-type', event.contentType);
  record.getMetadataMap().set('created', String(event.created));
  record.setCustomMetadata(event.metadata);
  record.setData(event.data);
  const read = new streams.ReadResp.ReadEvent();
  read.setEvent(record);
  read.setCommitPosition(String(event.position));
  const answer = new streams.ReadResp();
  answer.setEvent(read);
  return answer;
}
