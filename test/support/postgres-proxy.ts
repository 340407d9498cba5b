import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { closingTogether } from './relay.ts';

/** What goes wrong on the way to Postgres. A test changes these while connections are open. */
export type Faults = {
  /** Nothing passes any more in either direction, and nothing is closed. */
  frozen: boolean;
  /** LISTEN works and nothing is ever heard, as through a transaction pooler. */
  withoutNotifications: boolean;
  /** Asked for every chunk: `true` cuts the connection in the middle of it. */
  cutRequest: () => boolean;
  /** Asked for every chunk of an answer: `true` cuts before the client hears it. */
  cutAnswer: () => boolean;
};

export type PostgresProxy = {
  /** Reaches the same database through the proxy. */
  readonly url: string;
  readonly faults: Faults;
  /** Closes every connection and refuses new ones. */
  down(): Promise<void>;
  up(): Promise<void>;
};

/** A TCP proxy in front of the test database that fails when it is told to. */
export async function postgresProxy(t: TestContext, databaseUrl: string): Promise<PostgresProxy> {
  const faults: Faults = {
    frozen: false,
    withoutNotifications: false,
    cutRequest: () => false,
    cutAnswer: () => false,
  };
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const postgres = wayTo(databaseUrl);
    const close = closingTogether(sockets, [client, postgres]);
    const audible = withoutNotifications();
    client.on('data', (chunk) => {
      if (faults.frozen) return;
      if (!faults.cutRequest()) postgres.write(chunk);
      else postgres.write(chunk.subarray(0, chunk.length / 2), close);
    });
    postgres.on('data', (chunk) => {
      if (faults.frozen) return;
      if (faults.cutAnswer()) close();
      else client.write(faults.withoutNotifications ? audible(chunk) : chunk);
    });
  });
  const listen = async (port: number) =>
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const down = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  t.after(async () => {
    if (server.listening) await down();
  });
  return { url: proxied(databaseUrl, port), faults, down, up: async () => await listen(port) };
}

/** A connection to this database's server, without a word on it. */
export function wayTo(databaseUrl: string): Socket {
  const url = new URL(databaseUrl);
  const port = Number(url.port || 5432);
  const host = url.searchParams.get('host') ?? url.hostname;
  return host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
}

/** The same database behind this port. */
export function proxied(databaseUrl: string, port: number): string {
  const url = new URL(databaseUrl);
  url.searchParams.delete('host');
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return url.href;
}

/** Takes the messages of type `A` (NotificationResponse) out of what the server says. */
function withoutNotifications(): (chunk: Buffer) => Buffer {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const heard: Buffer[] = [];
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const length = 1 + rest.readInt32BE(1);
      if (rest[0] !== 'A'.charCodeAt(0)) heard.push(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    return Buffer.concat(heard);
  };
}
