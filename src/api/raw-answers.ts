import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import { type TransportCode, transportProblems } from './problem.ts';

/** Bytes that are no HTTP request reach no route; they are told so and the connection ends. */
export function answerBrokenRequests(error: Error & { code?: string }, socket: Socket) {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = codeOf(error.code);
  const [status, title] = transportProblems[code];
  const body = JSON.stringify({ type: `/problems/${code}`, title, status, code });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function codeOf(code: string | undefined): TransportCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'request/headers-too-large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request/timeout' : 'request/malformed';
}
