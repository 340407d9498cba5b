import {
  type CborValue,
  type LiveEvent,
  type ServerFrame,
  type Welcome,
  decode,
  encode,
} from '../palimpsest.ts';
import type { ServerProcess } from './server-process.ts';
import { type RawSocket, rawSocket } from './socket.ts';

/** The document's id, and the API key of whoever opens it. */
export type Address = { readonly document: string; readonly key: string };

export type Actor = { readonly id: Uint8Array; readonly token: string };

export type LiveClient = RawSocket & {
  readonly welcome: Welcome;
  /** Sends what is answered by an `ack`: at which revision it is. Throws when it is refused. */
  ask(frame: { readonly t: string; readonly [field: string]: CborValue }): Promise<number>;
};

/** Says hello, and resolves with the welcome, which holds all that the server has. */
export async function connectLive(
  server: Pick<ServerProcess, 'url'>,
  { document, key }: Address,
  known: { readonly since?: number | undefined; readonly actor?: Actor | undefined },
  happened: (events: readonly LiveEvent[]) => void,
  glimpsed: (preview: Uint8Array) => void = () => undefined,
): Promise<LiveClient> {
  const welcomed = Promise.withResolvers<Welcome>();
  const waiting = new Map<number, PromiseWithResolvers<number>>();
  let asked = 0;
  const socket = await rawSocket(`${server.url}/v1/documents/${document}/live`, (bytes) => {
    const frame = decode(bytes) as unknown as ServerFrame;
    if (frame.t === 'welcome') welcomed.resolve(frame);
    if (frame.t === 'events') happened(frame.events);
    if (frame.t === 'preview') glimpsed(frame.data);
    if (frame.t === 'ack') waiting.get(frame.n)?.resolve(frame.revision);
    if (frame.t === 'refused') waiting.get(frame.n)?.reject(new Error(frame.code));
  });
  socket.send(encode({ t: 'hello', protocol: 1, credential: key, ...known }));
  return {
    ...socket,
    welcome: await welcomed.promise,
    ask: (frame) => {
      const answer = Promise.withResolvers<number>();
      waiting.set(++asked, answer);
      socket.send(encode({ ...frame, n: asked }));
      return answer.promise;
    },
  };
}

/** Remembers the token, which is told once. */
export function actorOf({ actor }: Welcome, known?: Actor): Actor {
  if (actor === undefined) throw new Error('This member may not edit the document.');
  return { id: actor.id, token: actor.token ?? known!.token };
}
