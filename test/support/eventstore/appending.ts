import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import {
  AppendTooLong,
  type Database,
  type Expected,
  type Proposed,
  type Written,
} from './database.ts';
import type { Faults } from './faults.ts';
import { Any, protobuf, shared, status, streams } from './protocol.ts';
import { expectedOf, identifier, proposedOf, streamOf } from './wire.ts';

type BatchReq = InstanceType<typeof streams.BatchAppendReq>;
type BatchResp = InstanceType<typeof streams.BatchAppendResp>;

type Ports = {
  readonly database: Database;
  readonly faults: Faults;
  /** Breaks every connection. */
  readonly breakAll: () => void;
  /** Resolves when the server is not frozen. */
  readonly thawed: () => Promise<void>;
};

/** An append with the faults that are switched on; `undefined` when its caller gets no answer. */
export function appendWithFaults({ database, faults, breakAll, thawed }: Ports) {
  let appends = 0;
  return async (
    stream: string,
    expected: Expected,
    events: readonly Proposed[],
  ): Promise<Written | undefined> => {
    const cut = faults.cut((appends += 1));
    if (cut === 'before') {
      breakAll();
      return undefined;
    }
    if (faults.delayMs > 0) await sleep(faults.delayMs);
    if (faults.frozen) await thawed();
    const written = database.append(stream, expected, events);
    if (cut !== 'after') return written;
    breakAll();
    return undefined;
  };
}

export type Append = ReturnType<typeof appendWithFaults>;

export function batchAppend(append: Append) {
  return (call: ServerDuplexStream<BatchReq, BatchResp>) => {
    const pending = new Map<string, { req: BatchReq; events: Proposed[] }>();
    call.on('data', (req: BatchReq) => {
      const id = req.getCorrelationId()?.getString() ?? '';
      const one = pending.get(id) ?? { req, events: [] };
      pending.set(id, one);
      one.events.push(...req.getProposedMessagesList().map(proposedOf));
      if (!req.getIsFinal()) return;
      pending.delete(id);
      void answerTo(append, one.req, one.events).then((answer) => {
        if (answer !== undefined && call.writable) call.write(answer);
      });
    });
    call.on('end', () => call.end());
    call.on('error', () => undefined);
  };
}

async function answerTo(append: Append, req: BatchReq, events: readonly Proposed[]) {
  const options = req.getOptions();
  const stream = streamOf(options);
  const answer = new streams.BatchAppendResp();
  answer.setCorrelationId(req.getCorrelationId());
  answer.setStreamIdentifier(identifier(stream));
  const expected = options ? expectedOf(options, () => options.getStreamPosition()) : 'any';
  try {
    const written = await append(stream, expected, events);
    if (written === undefined) return undefined;
    if (written.kind === 'written') answer.setSuccess(success(written));
    else if (written.kind === 'deleted') answer.setError(errorOf('StreamDeleted', deleted(stream)));
    else answer.setError(errorOf('WrongExpectedVersion', wrong(expected, written.current)));
  } catch (error) {
    answer.setError(refusal(error));
  }
  return answer;
}

function success({ revision, position }: Extract<Written, { kind: 'written' }>) {
  const done = new streams.BatchAppendResp.Success();
  const at = new shared.AllStreamPosition();
  at.setCommitPosition(String(position));
  at.setPreparePosition(String(position));
  done.setCurrentRevision(String(revision));
  done.setPosition(at);
  return done;
}

function wrong(expected: Expected, current: bigint | undefined) {
  const told = new shared.WrongExpectedVersion();
  if (current === undefined) told.setCurrentNoStream(new protobuf.Empty());
  else told.setCurrentStreamRevision(String(current));
  if (typeof expected === 'bigint') told.setExpectedStreamPosition(String(expected));
  else if (expected === 'no_stream') told.setExpectedNoStream(new protobuf.Empty());
  else told.setExpectedStreamExists(new protobuf.Empty());
  return told;
}

function deleted(stream: string) {
  const told = new shared.StreamDeleted();
  told.setStreamIdentifier(identifier(stream));
  return told;
}

function errorOf(name: string, details: { serializeBinary(): Uint8Array }, message = name) {
  const any = new Any();
  any.pack(details.serializeBinary(), `event_store.client.${name}`);
  const error = new status.Status();
  error.setMessage(message);
  error.setDetails(any);
  return error;
}

function refusal(error: unknown) {
  if (error instanceof AppendTooLong) {
    const told = new shared.MaximumAppendSizeExceeded();
    told.setMaxappendsize(1_048_576);
    return errorOf('MaximumAppendSizeExceeded', told);
  }
  return errorOf('BadRequest', new shared.BadRequest(), 'BadRequest');
}
