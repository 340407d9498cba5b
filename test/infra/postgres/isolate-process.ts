import { postgresDatabase } from '#infra/postgres/database.ts';
import { isolateTenant } from '#infra/postgres/isolation/isolate-tenant.ts';
import { systemClock as clock } from '#infra/system/clock.ts';
import { systemIds as ids } from '#infra/system/ids.ts';
import { TenantId } from '#domain/ids.ts';

// A process of its own that isolates a tenant, until it is killed.
const [url = '', ownerUrl = '', tenant] = process.argv.slice(2);
const database = postgresDatabase({ url, ownerUrl });
console.log('begins');
await isolateTenant({ database, clock, ids }, TenantId.parse(tenant));
await database.close();
console.log('isolated');
