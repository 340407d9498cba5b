import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { LogUnavailable } from '#commands/ports.ts';
import { BadConnectionString, placeOf } from '#infra/eventstore/connection-string.ts';
import { openEventStore } from '#test/support/eventstore/open.ts';
import { eventStoreDouble } from '#test/support/eventstore/server.ts';
import { newStream, sealing } from '#test/support/stored-event.ts';

const run = promisify(execFile);
const secret = 'hunter2';

const openssl = await run('openssl', ['version']).then(
  () => true,
  () => false,
);
const needsOpenssl = {
  skip: openssl ? false : 'openssl, which makes the certificates, is not there',
};

/** A certificate for 127.0.0.1 that is its own authority. */
async function certificate(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'palimpsest-tls-'));
  t.after(async () => await rm(directory, { recursive: true, force: true }));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'ca.pem')];
  const what = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2';
  const whose = ['-subj', '/CN=palimpsest-test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await run('openssl', what.split(' ').concat(whose, '-keyout', key, '-out', cert));
  const tls = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  return { tls, ca: encodeURIComponent(cert) };
}

const refused = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof LogUnavailable, String(error));
  assert.match(error.message, pattern);
  assert.ok(!error.message.includes(secret));
  return true;
};

test(
  'a server with TLS and a password is opened by its URL, and by nothing less',
  needsOpenssl,
  async (t) => {
    const { tls, ca } = await certificate(t);
    const double = await eventStoreDouble(t, { tls });
    double.faults.credentials = `palimpsest:${secret}`;
    const at = (user: string, more = `?tlsCAFile=${ca}`) =>
      `esdb://${user}127.0.0.1:${double.port}${more}`;

    const log = await openEventStore(t, { url: at(`palimpsest:${secret}@`) });
    const stream = newStream();
    await log.append(stream, 'none', sealing(stream, {}));
    assert.equal((await log.readStream(stream)).length, 1);
    await log.close();

    const wrong = openEventStore(t, { url: at(`palimpsest:${secret}x@`) });
    await assert.rejects(wrong, refused(/refuses our credentials.*USER:PASSWORD/));
    await assert.rejects(openEventStore(t, { url: at('') }), refused(/refuses our credentials/));
    const unknown = openEventStore(t, { url: at(`palimpsest:${secret}@`, '') });
    await assert.rejects(unknown, refused(/certificate.*tlsCAFile/));
  },
);

test('a server without TLS is not spoken to in TLS for long', async (t) => {
  const { port } = await eventStoreDouble(t);
  const url = `esdb://me:${secret}@127.0.0.1:${port}`;
  await assert.rejects(openEventStore(t, { url }), refused(/tls=false/));
});

test('a cluster is found by its gossip, through names or a list of nodes', async (t) => {
  const { port } = await eventStoreDouble(t);
  for (const url of [
    `esdb+discover://127.0.0.1:${port}?tls=false`,
    `esdb://127.0.0.1:${port},127.0.0.1:${port}?tls=false`,
  ]) {
    const log = await openEventStore(t, { url });
    const stream = newStream();
    await log.append(stream, 'none', sealing(stream, {}));
    assert.equal((await log.readStream(stream)).length, 1);
    await log.close();
  }
});

for (const [url, why] of [
  [`http://me:${secret}@host`, /begins with none of/],
  [`esdb://${secret}@host`, /no USER:PASSWORD/],
  [`esdb://me:${secret}@host:port`, /HOST:PORT/],
  [`esdb://me:${secret}@`, /HOST:PORT/],
  [`esdb://me:${secret}@host?tlsVerifyCert=false`, /tlsVerifyCert has no effect/],
  [`esdb://me:${secret}@host?throwOnAppendFailure=false`, /none of/],
  [`esdb://me:${secret}@host?tls`, /no value/],
] as const) {
  test(`a URL is refused with a reason that matches ${why}, and without what is in it`, () => {
    assert.throws(
      () => placeOf(url),
      (error) => {
        assert.ok(error instanceof BadConnectionString);
        assert.match(error.message, why);
        assert.ok(!error.message.includes(secret));
        return true;
      },
    );
  });
}
