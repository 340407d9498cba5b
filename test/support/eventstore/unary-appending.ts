import { type ServerReadableStream, type sendUnaryData, status as code } from '@grpc/grpc-js';
import type { Append } from './appending.ts';
import { AppendTooLong, BadRequest, type Expected, type Written } from './database.ts';
import { shared, streams } from './protocol.ts';
import { expectedOf, failure, proposedOf, streamDeleted, streamOf } from './wire.ts';

type AppendReq = InstanceType<typeof streams.AppendReq>;
type AppendResp = InstanceType<typeof streams.AppendResp>;

/** The call that clients make when credentials come with it. */
export function unaryAppend(append: Append) {
  return (call: ServerReadableStream<AppendReq, AppendResp>, answer: sendUnaryData<AppendResp>) => {
    const requests: AppendReq[] = [];
    call.on('data', (req: AppendReq) => requests.push(req));
    call.on('end', () => {
      const options = requests[0]?.getOptions();
      const events = requests.flatMap((req) => {
        const message = req.getProposedMessage();
        return message ? [proposedOf(message)] : [];
      });
      const stream = streamOf(options);
      const expected = options ? expectedOf(options, () => options.getRevision()) : 'any';
      append(stream, expected, events).then(
        (written) => answerUnary(stream, expected, written, answer),
        (error: unknown) => answer(unaryRefusal(error)),
      );
    });
  };
}

function answerUnary(
  stream: string,
  expected: Expected,
  written: Written | undefined,
  answer: sendUnaryData<AppendResp>,
): void {
  if (written === undefined) return;
  if (written.kind === 'deleted') {
    answer(streamDeleted(stream));
    return;
  }
  const told = new streams.AppendResp();
  if (written.kind === 'written') {
    const done = new streams.AppendResp.Success();
    const at = new streams.AppendResp.Position();
    at.setCommitPosition(String(written.position));
    at.setPreparePosition(String(written.position));
    done.setCurrentRevision(String(written.revision));
    done.setPosition(at);
    told.setSuccess(done);
  } else told.setWrongExpectedVersion(unaryWrong(expected, written.current));
  answer(null, told);
}

function unaryWrong(expected: Expected, current: bigint | undefined) {
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (current === undefined) wrong.setCurrentNoStream(new shared.Empty());
  else wrong.setCurrentRevision(String(current));
  if (typeof expected === 'bigint') wrong.setExpectedRevision(String(expected));
  else if (expected === 'no_stream') wrong.setExpectedNoStream(new shared.Empty());
  else wrong.setExpectedStreamExists(new shared.Empty());
  return wrong;
}

const unaryRefusal = (error: unknown) =>
  error instanceof AppendTooLong
    ? failure(
        code.INVALID_ARGUMENT,
        'Maximum append size exceeded',
        'maximum-append-size-exceeded',
        {
          'maximum-append-size': '1048576',
        },
      )
    : error instanceof BadRequest
      ? failure(code.INVALID_ARGUMENT, 'Bad request')
      : failure(code.UNKNOWN, String(error));
