import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { readConfig } from '#api/config.ts';
import { readServerRoles } from '#api/server-role.ts';
import { SHAPE } from '#deploy/cluster/cluster.ts';

type Service = {
  readonly image: string;
  readonly build?: object;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly volumes?: readonly string[];
};

const deploy = resolve(import.meta.dirname, '../../deploy');
const read = async (file: string) => await readFile(resolve(deploy, file), 'utf8');
const compose = parse(await read('compose.yaml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: object;
};
const ours = Object.entries(compose.services).filter(([, { build }]) => build !== undefined);

test('the processes are those of the cluster that runs without containers', () => {
  const roles = ours.map(([name, { command }]) => [name, command?.at(-1) ?? '']);
  assert.deepEqual(Object.fromEntries(roles), SHAPE);
  for (const [, text] of roles) readServerRoles(text ?? '');
});

test('every process is configured by variables that it accepts', async () => {
  const text = await read('up.sh');
  const made = new Set(Array.from(text.matchAll(/\b[A-Z]+_[A-Z_]+\b/g), ([name]) => name));
  for (const [, { environment = {} }] of ours) {
    const env = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [
        name,
        value.replaceAll(/\$\{([A-Z_]+)[^}]*\}/g, (_, secret: string) => {
          assert.ok(made.has(secret), `${secret} is made by up.sh`);
          return secret === 'PALIMPSEST_MASTER_KEY'
            ? randomBytes(32).toString('base64')
            : randomBytes(24).toString('hex');
        }),
      ]),
    );
    const config = readConfig(env);
    assert.ok(config.databaseUrl && config.databaseOwnerUrl && config.eventStoreUrl);
  }
});

test('everything is waited for until it is healthy, and everybody says when that is', async () => {
  const dockerfile = await readFile(resolve(deploy, '../Dockerfile'), 'utf8');
  assert.match(dockerfile, /HEALTHCHECK/);
  for (const [name, { build, healthcheck, depends_on: needs = {} }] of Object.entries(
    compose.services,
  )) {
    assert.ok(build ?? healthcheck, `${name} has a health check`);
    for (const [other, { condition }] of Object.entries(needs)) {
      assert.ok(compose.services[other], `${other} is there`);
      assert.equal(condition, 'service_healthy');
    }
  }
});

test('what is mounted is there', async () => {
  for (const { volumes = [] } of Object.values(compose.services))
    for (const [source = ''] of volumes.map((volume) => volume.split(':')))
      if (source.startsWith('./')) await read(source);
      else assert.ok(source in compose.volumes, source);
});
