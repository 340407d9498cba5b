import { once } from 'node:events';
import { type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './now.ts';

// A process of its own that stands for OpenAI: it answers at once, whole or as a stream, and tells
// the bench when the first word of which request left.

const WORDS = 'The heron stands in the shallow water and waits for what the river brings'.split(
  ' ',
);
const USAGE = {
  prompt_tokens: 60,
  completion_tokens: WORDS.length,
  total_tokens: 60 + WORDS.length,
};
/** Only a request that says so has its words one by one, as a model has them. */
const BETWEEN_WORDS_MS = 10;

type Asked = {
  readonly model: string;
  readonly stream?: boolean;
  readonly messages: readonly { readonly content: string }[];
};

const left = new Map<string, number>();

const server = createServer(async (request, response) => {
  const asked = JSON.parse(await text(request)) as Asked;
  const said = asked.messages.map(({ content }) => content).join(' ');
  const marker = /marker-\d+/.exec(said)?.[0] ?? '';
  if (asked.stream !== true) {
    response.writeHead(200, { 'content-type': 'application/json' });
    left.set(marker, now());
    response.end(JSON.stringify(whole(asked)));
  } else await stream(asked, marker, said.includes('slowly') ? BETWEEN_WORDS_MS : 0, response);
});

const named = (object: string, { model }: Asked) => ({ id: 'c', object, created: 1, model });

const whole = (asked: Asked) => ({
  ...named('chat.completion', asked),
  choices: [
    { index: 0, message: { role: 'assistant', content: WORDS.join(' ') }, finish_reason: 'stop' },
  ],
  usage: USAGE,
});

async function stream(asked: Asked, marker: string, betweenMs: number, response: ServerResponse) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const chunk = (choices: object[], usage: object | null) => {
    const data = { ...named('chat.completion.chunk', asked), choices, usage };
    response.write(`data: ${JSON.stringify(data)}\n\n`);
  };
  const delta = (said: object, finish_reason: string | null = null) =>
    chunk([{ index: 0, delta: said, finish_reason }], null);
  for (const [index, word] of WORDS.entries()) {
    if (index === 0) left.set(marker, now());
    else if (betweenMs > 0) await sleep(betweenMs);
    // With the space behind it: a word that could still go on may be one that a rule waits for.
    delta({ ...(index === 0 && { role: 'assistant' }), content: `${word} ` });
  }
  delta({}, 'stop');
  chunk([], USAGE);
  response.end('data: [DONE]\n\n');
}

server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('message', () => {
  process.send!([...left]);
  left.clear();
});
process.once('disconnect', () => process.exit(1));
process.send!((server.address() as AddressInfo).port);
