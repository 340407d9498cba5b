import type { Memory, Question } from './server-process.ts';

/** Answers what the bench asks about this process, beside the server that runs in it. */
export async function serve(
  start: (folder: string) => Promise<{ readonly port: number; stop(): Promise<void> }>,
): Promise<void> {
  const { port, stop } = await start(process.argv[2]!);
  process.on('message', async (question: Question) => {
    switch (question) {
      case 'cpu': {
        const { user, system } = process.cpuUsage();
        process.send!(user + system);
        break;
      }
      case 'memory':
        process.send!(await memory());
        break;
      case 'resident':
        process.send!(process.memoryUsage.rss());
        break;
      case 'stop':
        await stop();
        process.exit(0);
    }
  });
  // Without this the server would outlive a bench that was killed.
  process.once('disconnect', () => process.exit(1));
  process.send!(port);
}

async function memory(): Promise<Memory> {
  for (let run = 0; run < 3; run++) {
    globalThis.gc!();
    // What finalizers give back is there in the next turn only.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { resident: rss, used: heapUsed + external };
}
