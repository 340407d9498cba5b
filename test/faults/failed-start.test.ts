import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { freshDatabase } from '#test/support/database.ts';
import { emptyHome, palimpsest } from '#test/support/process.ts';
import { superuserOn } from '#test/support/superuser.ts';

const refusing = {
  'before the thread that fills the views has begun': 'projectors',
  'after the thread that fills the views has begun': 'events',
};

for (const [when, table] of Object.entries(refusing)) {
  test(`a server whose start fails ${when} ends, and says why`, async (t) => {
    const database = await freshDatabase(t);
    const superuser = await superuserOn(t, database);
    await superuser.query(`
      create function refuse() returns trigger language plpgsql
        as $$ begin raise exception 'Nothing is written here.'; end $$;
      create trigger refuse before insert on ${table} for each row execute function refuse()`);
    const env = {
      DATABASE_URL: database.url,
      DATABASE_OWNER_URL: database.ownerUrl,
      PALIMPSEST_MASTER_KEY: randomBytes(32).toString('base64'),
    };
    const { finished } = palimpsest(t, await emptyHome(t), ['serve'], { env });
    const ended = await Promise.race([finished, sleep(20_000)]);
    assert.equal(ended?.code, 1, 'it has ended');
    assert.match(ended.output, /^palimpsest: Nothing is written here\.$/m);
  });
}
