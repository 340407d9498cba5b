import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** `REDIS_URL`, else a `redis-server` of its own that keeps nothing on disk. */
export async function redisToUse(): Promise<{ readonly url: string; readonly stop: () => void }> {
  const given = process.env['REDIS_URL'];
  if (given !== undefined) return { url: given, stop: () => undefined };
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const args = ['--port', String(port), '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  for (;;) {
    const socket = createConnection(port, '127.0.0.1');
    const answered = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (answered) break;
    await sleep(50);
  }
  return { url: `redis://127.0.0.1:${port}`, stop: () => child.kill() };
}
