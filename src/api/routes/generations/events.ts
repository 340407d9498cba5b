import { type Ended, type Shown, type Watched, shownAnew } from '#commands/generation/under-way.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import { shownOf } from './shapes.ts';

const HEARTBEAT = ': alive\n\n';

const eventText = (type: string, data: object, id?: number): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

const partText = ({ type, ...data }: Shown, number: number): string =>
  eventText(type, data, number);

/**
 * A generation as server-sent events: `attempt`, `text`, `tool-call`, `again` (what came of the
 * attempt before is void) and in the end `end` with the generation as it stands in the log. Ids
 * count the events, so that a client which comes back with the last one misses and repeats nothing.
 */
export async function* eventsOf(
  id: GenerationId,
  running: Watched,
  options: { readonly from: number; readonly signal: AbortSignal; readonly leave: () => void },
): AsyncGenerator<string> {
  try {
    yield HEARTBEAT;
    for await (const { number, part } of running.read(options.from, options.signal)) {
      yield partText(part, number);
    }
    if (!options.signal.aborted) yield endText(id, await running.ended);
  } finally {
    options.leave();
  }
}

/** The same of one that has ended, and whose pieces nobody keeps: it is shown from its beginning. */
export function* eventsOfEnded(
  id: GenerationId,
  ended: Ended,
  { cameBack }: { readonly cameBack: boolean },
): Generator<string> {
  const { answer } = shownOf(id, ended);
  for (const { type, ...data } of shownAnew(answer)) {
    if (cameBack || type !== 'again') yield eventText(type, data);
  }
  yield endText(id, ended);
}

const endText = (id: GenerationId, ended: Ended): string => eventText('end', shownOf(id, ended));
