import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { proxied, wayTo } from './postgres-proxy.ts';
import { type Ends, redisRelay, relay } from './relay.ts';

type Step = {
  /** Bytes that are in the request. */
  readonly asked: string;
  /** And in its answer, if it is to be asked and not to be heard. */
  readonly heard?: string;
};

/** A way to a server on which one process can be made to stay at a step of its path. */
export type Gate = {
  readonly url: string;
  /** Shuts before this step is asked for, or before its answer is heard; resolves when it is shut. */
  shutAt(step: Step): Promise<void>;
  /** What waited goes on in its order. */
  open(): void;
};

export const redisGate = async (t: TestContext, port: number): Promise<Gate> =>
  await gate(async (join) => await redisRelay(t, port, join));

export const postgresGate = async (t: TestContext, url: string): Promise<Gate> =>
  await gate(async (join) => proxied(url, await relay(t, () => wayTo(url), join)));

async function gate(reach: (join: (ends: Ends) => void) => Promise<string>): Promise<Gate> {
  let waiting: (() => void)[] = [];
  let isShut = false;
  let awaited: (Step & { isAsked: boolean }) | undefined;
  let reached: () => void = () => undefined;

  const shut = () => {
    isShut = true;
    awaited = undefined;
    reached();
  };
  const pass = (socket: Socket, chunk: Buffer) => {
    if (isShut) waiting.push(() => pass(socket, chunk));
    else if (!socket.destroyed) socket.write(chunk);
  };
  const url = await reach(({ client, server }) => {
    client.on('data', (chunk) => {
      if (awaited !== undefined && chunk.includes(awaited.asked)) {
        if (awaited.heard === undefined) shut();
        else awaited.isAsked = true;
      }
      pass(server, chunk);
    });
    server.on('data', (chunk) => {
      if (awaited?.isAsked === true && chunk.includes(awaited.heard ?? '')) shut();
      pass(client, chunk);
    });
  });

  return {
    url,
    shutAt: async (step) => {
      awaited = { ...step, isAsked: false };
      await new Promise<void>((resolve) => (reached = resolve));
    },
    open: () => {
      isShut = false;
      awaited = undefined;
      const all = waiting;
      waiting = [];
      for (const one of all) one();
    },
  };
}
