import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

/** Listens with room for two, says where, and from then on accepts nobody. */
const program = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    process.stdout.write(String(server.address().port));
    const forever = new Int32Array(new SharedArrayBuffer(4));
    setTimeout(() => Atomics.wait(forever, 0, 0), 50);
  });
`;

/** Where every attempt to connect goes without an answer. */
export async function blackHole(t: TestContext): Promise<string> {
  const hole = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => hole.kill('SIGKILL'));
  const port = Number(String(await once(hole.stdout, 'data')));
  await sleep(200);
  for (let taken = 0; taken < 4; taken += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    t.after(() => socket.destroy());
  }
  await sleep(200);
  return `http://127.0.0.1:${port}`;
}
