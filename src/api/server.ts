import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  LogController,
} from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { CommandId } from '#domain/ids.ts';
import { authenticateRequests } from './auth.ts';
import { readBodies } from './bodies.ts';
import type { ServerDeps } from './deps.ts';
import { replyWithProblem } from './errors.ts';
import { limitAddresses } from './edge/edge-limit.ts';
import { observeRequests } from './observe.ts';
import { describeRoutes } from './openapi.ts';
import { awaitMinPosition } from './position.ts';
import { answerBrokenRequests } from './raw-answers.ts';
import { recordRefusals } from './refusals.ts';
import { decorateRequests } from './requests.ts';
import { collectRoutes, refuseUnknownRoutes } from './route-table.ts';
import { operationRoutes } from './routes/operations.ts';

const BODY_LIMIT = 1024 * 1024;

/** The whole HTTP application: the manners here, what it serves in `routes`. Not yet listening. */
export async function buildServer(
  deps: ServerDeps,
  routes: readonly FastifyPluginAsync[],
): Promise<FastifyInstance> {
  const loggerInstance: FastifyBaseLogger = deps.logger;
  const app = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => deps.ids.uuid(),
    bodyLimit: BODY_LIMIT,
    // A version's name of 200 characters, each written as several %XX.
    routerOptions: { maxParamLength: 2_000 },
    frameworkErrors: replyWithProblem,
    clientErrorHandler: answerBrokenRequests,
    // Longest a client may take to send a request; answers (an audit stream) may take any time.
    requestTimeout: 30_000,
    keepAliveTimeout: 10_000,
    forceCloseConnections: 'idle',
    trustProxy: deps.trustedProxies.length > 0 && [...deps.trustedProxies],
    // Ours is a problem document like every other refusal.
    return503OnClosing: false,
    http: { headersTimeout: 15_000, maxHeaderSize: 16_384 },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(replyWithProblem);
  const table = collectRoutes(app);

  decorateRequests(app, {
    logId: deps.positions.logId,
    freshCommandId: () => deps.ids.uuid() as CommandId,
  });
  observeRequests(app, deps.metrics, deps.standings);
  recordRefusals(app, deps.refusals, deps.clock);
  await app.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] } } });
  if (deps.corsOrigins.length > 0) {
    await app.register(cors, { origin: [...deps.corsOrigins], exposedHeaders: EXPOSED });
  }
  await limitAddresses(app, deps);
  authenticateRequests(app, deps.authentication);
  readBodies(app);
  awaitMinPosition(app, deps.positions);
  await describeRoutes(app);
  for (const plugin of [operationRoutes(deps), ...routes]) await app.register(plugin);
  refuseUnknownRoutes(app, table);
  await app.ready();
  return app;
}

/** What a browser's script may read of an answer. */
const EXPOSED = [
  'etag',
  'location',
  'retry-after',
  'ratelimit',
  'ratelimit-policy',
  'palimpsest-position',
  'palimpsest-correlation-id',
];
