import { keyFiles } from '#infra/home/key-files.ts';
import { runningServer } from '#infra/home/run-file.ts';
import type { Target } from './api-client.ts';

/**
 * The server and key that a command speaks to: those given, else the server that runs on this home
 * and the key of its demo tenant. A key is read from its file and never shown.
 */
export async function targetOf(
  home: string,
  given: { readonly server?: string | undefined; readonly key?: string | undefined },
): Promise<Target> {
  const { server, key } = given;
  if (server !== undefined && !/^https?:\/\//.test(server)) {
    throw new Error('--server is the URL of a server, such as http://127.0.0.1:7410.');
  }
  // A key goes to the server it was made for, and to no other that happens to be named.
  if (server !== undefined && key === undefined) throw new Error('--server needs a --key for it.');
  let last: string | undefined;
  const url = async () => (last = (await runningServer(home))?.url ?? last ?? noServer(home));
  return {
    url: server === undefined ? url : async () => server,
    key: key ?? (await demoKey(home)),
  };
}

function noServer(home: string): never {
  throw new Error(
    `No server runs on ${home}. Start one with \`palimpsest serve\`, or name another with --server and --key.`,
  );
}

async function demoKey(home: string): Promise<string> {
  const keys = await keyFiles(home);
  const key = await keys.read('demo');
  if (key !== undefined) return key;
  throw new Error(`${keys.path('demo')} is not there: start a server once, or use --key.`);
}
