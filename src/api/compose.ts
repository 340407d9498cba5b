import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Home } from '#infra/home/home.ts';
import type { Config } from './config.ts';
import type { Demo } from './demo.ts';
import type { ServerRole } from './server-role.ts';

/** A server that is put together, and not yet running. */
export type Composed = {
  /** Runs until `stop`; answers its URL once it takes requests. */
  start(): Promise<string>;
  /** Takes no more requests, finishes those it has, and lets go of everything but the home. */
  stop(): Promise<void>;
  readonly demo: Demo | undefined;
};

export async function compose(
  config: Config,
  home: Home,
  _roles: ReadonlySet<ServerRole>,
): Promise<Composed> {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/readyz' && home.postgresIsRunning() ? 200 : 404;
    response.end();
  });
  return {
    demo: undefined,
    start: async () => {
      await new Promise<void>((resolve) => {
        server.listen(config.port, config.host, resolve);
      });
      return `http://${config.host}:${(server.address() as AddressInfo).port}`;
    },
    stop: async () => {
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
