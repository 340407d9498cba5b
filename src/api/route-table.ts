import type { FastifyInstance, RouteOptions } from 'fastify';
import { replyWithProblem } from './errors.ts';
import { Problem } from './problem.ts';

/** One address and what may be done there. */
export type ServedRoute = {
  readonly url: string;
  readonly methods: readonly string[];
  readonly route: RouteOptions;
};

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route, for whoever must look at all of them: 405s, fuzzing, the isolation tests. */
    readonly servedRoutes: readonly ServedRoute[];
  }
}

/** Lists every route as it is made, and refuses to start with one that names no audience. */
export function collectRoutes(app: FastifyInstance): readonly ServedRoute[] {
  const table: ServedRoute[] = [];
  app.decorate('servedRoutes', table);
  app.addHook('onRoute', (route) => {
    table.push({ url: route.url, methods: [route.method].flat(), route });
  });
  app.addHook('onReady', async () => {
    for (const { url, methods, route } of table) {
      const preflight = url === '*' && methods.every((method) => method === 'OPTIONS');
      if (route.config?.audience === undefined && !preflight) {
        throw new Error(`${methods.join()} ${url} names no audience: whose key opens it?`);
      }
      if (route.config?.audience === 'tenant' && route.config.action === undefined) {
        throw new Error(`${methods.join()} ${url} names no action: which right does it take?`);
      }
    }
  });
  return table;
}

/** Nothing at this address is 404; the wrong method at a known one is 405 and says which there are. */
export function refuseUnknownRoutes(app: FastifyInstance, table: readonly ServedRoute[]) {
  app.setNotFoundHandler(async (request, reply) => {
    const [path = ''] = request.url.split('?');
    const allowed = table.filter(({ url }) => url !== '*' && matches(url, path));
    const methods = [...new Set(allowed.flatMap(({ methods }) => methods))].toSorted();
    const problem =
      methods.length === 0
        ? new Problem('route/not-found')
        : new Problem('route/method-not-allowed', { headers: { allow: methods.join(', ') } });
    return replyWithProblem(problem, request, reply);
  });
}

function matches(url: string, path: string): boolean {
  const wanted = url.split('/');
  const given = path.split('/');
  if (wanted.at(-1) === '*') given.length = Math.min(given.length, wanted.length);
  return (
    wanted.length === given.length &&
    wanted.every(
      (part, at) =>
        part === '*' || part === given[at] || (part.startsWith(':') && given[at] !== ''),
    )
  );
}
