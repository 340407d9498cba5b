import { z } from 'zod';
import { compose } from '#api/compose.ts';
import { readConfig } from '#api/config.ts';
import type { ServerRole } from '#api/server-role.ts';
import type { TenantId } from '#domain/ids.ts';
import { openHome } from '#infra/home/home.ts';
import { systemClock } from '#infra/system/clock.ts';
import { ApiError, apiError } from './api-error.ts';

/** Asks one of our own routes, and reads the answer as `schema`. Throws `ApiError`. */
export type Ask = <T>(
  schema: z.ZodType<T>,
  request: {
    readonly method: 'GET' | 'POST' | 'DELETE';
    readonly path: string;
    readonly body?: object;
  },
) => Promise<T>;

export type Control = {
  readonly ask: Ask;
  /** As the tenant's first owner. The key for it lives a minute, and is an event of the tenant. */
  readonly asOwnerOf: (tenant: TenantId) => Promise<Ask>;
  /** Whether a server runs on this home. */
  readonly beside: boolean;
};

const VISIT_MS = 60_000;
const READY_MS = 60_000;

/**
 * The operator's routes in this process, on the database of this home: what they check and record
 * holds here too, whichever roles a running server has.
 */
export async function withControl<T>(work: (control: Control) => Promise<T>): Promise<T> {
  // Requests of this process are nobody's traffic.
  const config = {
    ...readConfig(process.env),
    logLevel: 'silent' as const,
    projectorThread: false,
  };
  const home = await openHome(config, 'command');
  try {
    const beside = home.serverUrl !== undefined;
    const roles: ServerRole[] = ['data', 'control'];
    // Nobody else would fill the views.
    if (!beside) roles.push('projector');
    const composed = await compose(config, home, new Set(roles));
    try {
      const askWith =
        (key: string): Ask =>
        async (schema, { method, path, body }) => {
          const answer = await composed.app.inject({
            method,
            url: path,
            headers: { authorization: `Bearer ${key}` },
            ...(body && { payload: body }),
          });
          if (answer.statusCode >= 400) throw apiError(answer.statusCode, answer.body);
          return schema.parse(JSON.parse(answer.body));
        };
      const ask = askWith(home.operatorKey);
      await ready(ask);
      const asOwnerOf = async (tenant: TenantId) => {
        const expiresAt = new Date(systemClock.now().getTime() + VISIT_MS).toISOString();
        const body = { roles: ['owner'], name: 'A command of the operator', expiresAt };
        const path = `/admin/v1/tenants/${tenant}/api-keys`;
        const { key } = await ask(z.object({ key: z.string() }), { method: 'POST', path, body });
        return askWith(key);
      };
      return await work({ ask, asOwnerOf, beside });
    } finally {
      await composed.stop();
    }
  } finally {
    await home.close();
  }
}

/** Until the views have caught up: an answer from half of a view would be a wrong one. */
async function ready(ask: Ask): Promise<void> {
  const until = systemClock.now().getTime() + READY_MS;
  for (;;) {
    try {
      await ask(z.object({ ready: z.literal(true) }), { method: 'GET', path: '/readyz' });
      return;
    } catch (error) {
      const late = systemClock.now().getTime() > until;
      if (late || !(error instanceof ApiError) || error.status !== 503) throw error;
      await systemClock.sleep(50);
    }
  }
}
