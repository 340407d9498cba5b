import { type IncomingHttpHeaders, type ServerResponse, createServer } from 'node:http';
import type { TestContext } from 'node:test';
import { listening } from './listening.ts';

type Received = { readonly headers: IncomingHttpHeaders; readonly body: string };

/** A receiver that answers each delivery as it is told to, and at last with 204. */
export async function webhookReceiver(
  t: TestContext,
  answers: ((response: ServerResponse) => void)[] = [],
) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      received.push({ headers: request.headers, body });
      const answer = answers.shift();
      if (answer) answer(response);
      else response.writeHead(204).end();
    })();
  });
  const origin = await listening(t, server);
  return { received, origin };
}
