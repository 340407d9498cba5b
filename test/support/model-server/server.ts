import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { anthropicWire } from './anthropic-wire.ts';
import { openaiWire } from './openai-wire.ts';
import type { Fault, Script, WireEvent, WireProtocol } from './script.ts';

/** A request that reached the double, and how it went on. */
export type ReceivedRequest = {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** As it was sent, to look for what must not be in it. */
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** How many events were written. */
  readonly sent: number;
  /** The client hung up before the answer was whole. */
  readonly hungUp: boolean;
};
type Received = { -readonly [Field in keyof ReceivedRequest]: ReceivedRequest[Field] };

export type ModelServer = Awaited<ReturnType<typeof startModelServer>>;

const protocols: readonly WireProtocol[] = [openaiWire, anthropicWire];
const plain: Script = { text: ['Hello', ' world.'], usage: { input: 12, output: 4 } };

/**
 * A double of OpenAI and Anthropic over HTTP on loopback, which can be made to misbehave. It speaks
 * their wire protocols to the real client libraries, and keeps every request.
 */
export async function startModelServer(
  answer: (request: ReceivedRequest) => Script = () => plain,
): Promise<{
  readonly origin: string;
  readonly requests: readonly ReceivedRequest[];
  /** Answers to the next requests, in order; then `answer` again. */
  next(...scripts: Script[]): void;
  /** Resolves when this request's client has hung up. */
  hungUp(index?: number): Promise<void>;
  stop(): Promise<void>;
}> {
  const requests: Received[] = [];
  const queue: Script[] = [];
  const server = createServer((request, response) => {
    void serve(request, response).catch(() => response.destroy());
  });

  async function serve(request: IncomingMessage, response: ServerResponse) {
    const path = request.url ?? '';
    const text = await textOf(request);
    const protocol = protocols.find((one) => one.path === path);
    const body = JSON.parse(text || '{}') as Received['body'];
    const received: Received = {
      path,
      headers: request.headers,
      text,
      body,
      sent: 0,
      hungUp: false,
    };
    requests.push(received);
    response.on('close', () => (received.hungUp = !response.writableEnded));
    if (!protocol) return void response.writeHead(404).end('{}');
    const script = queue.shift() ?? answer(received);
    await perform({ protocol, script, received, response });
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    next: (...scripts) => void queue.push(...scripts),
    hungUp: async (index = requests.length - 1) => {
      while (requests[index]?.hungUp !== true) await sleep(2);
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Performance = {
  readonly protocol: WireProtocol;
  readonly script: Script;
  readonly received: Received;
  readonly response: ServerResponse;
};

async function perform(performance: Performance): Promise<void> {
  const { protocol, script, response } = performance;
  const { fault } = script;
  if (fault?.kind === 'status') return refuse(protocol, fault, response);
  if (fault?.kind === 'redirect') return void response.writeHead(307, { location: fault.to }).end();
  if (fault?.kind === 'stall' && fault.after === 0) return;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  await stream(performance);
}

async function stream({ protocol, script, received, response }: Performance): Promise<void> {
  const { fault } = script;
  let deltas = 0;
  for (const event of protocol.events(script, String(received.body['model']))) {
    if (response.destroyed) return;
    if (event.isDelta && breaksAt(fault, deltas)) {
      if (fault.kind !== 'wait') return misbehave(protocol, fault, response);
      await fault.until;
    }
    if (event.isDelta) deltas += 1;
    await write(response, event, fault);
    received.sent += 1;
  }
  response.end();
}

type Breaking = Extract<Fault, { readonly after: number }>;

const breaksAt = (fault: Fault | undefined, deltas: number): fault is Breaking =>
  fault !== undefined && 'after' in fault && deltas === fault.after;

async function write(response: ServerResponse, { text }: WireEvent, fault: Fault | undefined) {
  if (fault?.kind === 'slow') await sleep(fault.everyMs);
  response.write(text);
}

function misbehave(
  protocol: WireProtocol,
  fault: Exclude<Breaking, { readonly kind: 'wait' }>,
  response: ServerResponse,
): void {
  switch (fault.kind) {
    case 'stall':
      return;
    case 'cut':
      // What was written before must have left, or nothing of the answer would arrive.
      setTimeout(() => response.destroy(), 20);
      return;
    case 'end':
      response.end();
      return;
    case 'malformed':
      response.end(protocol.malformed);
      return;
    case 'error':
      response.end(protocol.errorEvent(fault.code));
  }
}

function refuse(
  protocol: WireProtocol,
  { status, headers = {}, code = 'error', message = 'No.' }: Fault & { readonly kind: 'status' },
  response: ServerResponse,
): void {
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify(protocol.error(code, message)));
}
