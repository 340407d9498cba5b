import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

// Plain JavaScript that Node 20 runs: the sources are TypeScript, which needs Node 24.

const NEEDED = 24;
const isNewEnough = Number(process.versions.node.split('.')[0]) >= NEEDED;

/** Returns when this Node is new enough, else runs `script` again in the Node that npm installed. */
export async function needNode24(script) {
  if (isNewEnough) return;
  const node = installedNode();
  if (node === undefined) {
    process.stderr.write(
      `palimpsest needs Node ${NEEDED}; this is ${process.versions.node}. On Linux (x64, arm64) ` +
        `\`npm ci\` installs it (unless optional dependencies are left out); elsewhere install it.\n`,
    );
    process.exit(1);
  }
  // Over the fourth channel the child notices when this process is killed.
  const child = spawn(node, [script, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  process.exit(
    await new Promise((resolve) => {
      child.on('error', (error) => {
        process.stderr.write(`${node} does not run here: ${error.message}\n`);
        resolve(1);
      });
      // A shell says 128 + n for a process that signal n ended.
      child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
    }),
  );
}

function installedNode() {
  try {
    const require = createRequire(import.meta.url);
    const name = `node-${process.platform}-${process.arch}`;
    const node = join(dirname(require.resolve(`${name}/package.json`)), 'bin', 'node');
    return existsSync(node) ? node : undefined;
  } catch {
    return undefined;
  }
}
