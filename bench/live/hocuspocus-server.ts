import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Database } from '@hocuspocus/extension-database';
import { Server } from '@hocuspocus/server';
import { serve } from './serve.ts';

/**
 * `@hocuspocus/extension-sqlite` on Node's own SQLite: the same table and statements, without the
 * binary that `better-sqlite3` downloads when it is installed. Every debounced store (2 s, at most
 * 10 s) writes the whole document; an acknowledgement does not wait for it.
 */
await serve(async (folder) => {
  const sqlite = new DatabaseSync(join(folder, 'hocuspocus.sqlite'));
  sqlite.exec(
    'create table if not exists documents (name varchar(255) not null, data blob not null, unique(name))',
  );
  const select = sqlite.prepare('select data from documents where name = ? order by rowid desc');
  const insert = sqlite.prepare(
    'insert into documents (name, data) values (?, ?) on conflict(name) do update set data = excluded.data',
  );
  const server = new Server({
    quiet: true,
    stopOnSignals: false,
    address: '127.0.0.1',
    port: 0,
    // Its clients say something every 15 s (awareness); these do not, and are there all the same.
    timeout: 3_600_000,
    extensions: [
      new Database({
        fetch: async ({ documentName }) => {
          const row = select.get(documentName);
          return row === undefined ? null : (row['data'] as Uint8Array);
        },
        store: async ({ documentName, state }) => {
          insert.run(documentName, state);
        },
      }),
    ],
  });
  await server.listen();
  return {
    port: server.address.port,
    stop: async () => {
      await server.destroy();
      sqlite.close();
    },
  };
});
