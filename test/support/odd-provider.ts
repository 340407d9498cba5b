import { type RequestListener, createServer } from 'node:http';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { listening } from './listening.ts';

/** A server on loopback that answers in its own way, and shows which connections it has. */
export async function oddProvider(t: TestContext, answer: RequestListener) {
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer(answer);
  server.on('connection', (socket) => {
    connections += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  const origin = await listening(t, server);
  return {
    origin,
    /** How many were made, ever. */
    connections: () => connections,
    isHungUpOn: () => open.size === 0,
  };
}
