import assert from 'node:assert/strict';
import type { ModelTenant } from './model-tenant.ts';

/** An event of a generation. */
export type Seen = {
  readonly id: string | undefined;
  readonly type: string;
  readonly data: Record<string, unknown>;
};

/** A client that hangs up when it has read this many events. */
export async function readEvents(
  { send }: Pick<ModelTenant, 'send'>,
  path: string,
  { body, lastEventId, most }: { body?: object; lastEventId?: string; most?: number },
) {
  const answer = await send(path, body, {
    accept: 'text/event-stream',
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  });
  assert.match(answer.headers.get('content-type') ?? '', /text\/event-stream/);
  const events: Seen[] = [];
  let rest = '';
  // Leaving the loop ends the connection.
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    rest += chunk;
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    events.push(...blocks.filter((block) => !block.startsWith(':')).map(eventIn));
    if (most !== undefined && events.length >= most) break;
  }
  return { events: events.slice(0, most), id: idIn(answer) };
}

function eventIn(block: string): Seen {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  return { id: field('id'), type: field('event') ?? '', data: JSON.parse(field('data') ?? '{}') };
}

const idIn = (answer: Response): string =>
  answer.headers.get('location')?.replace('/v1/generations/', '') ?? '';
export const textIn = (events: readonly Seen[]): string =>
  events.map(({ type, data }) => (type === 'text' ? String(data['text']) : '')).join('');
