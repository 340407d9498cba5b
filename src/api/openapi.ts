import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { describeOperation } from './describe-operation.ts';

const description = `Every edit is an event, every view a projection, every page can be read as it once was.

Send \`Authorization: Bearer <key>\`, or in a tenant with an identity provider an access token of
it: its \`aud\` holds \`palimpsest:<tenant>\` (or the provider's own audience, and its claim
\`palimpsest_tenant\` the tenant), it has \`sub\` and \`exp\`, and it is no ID token. Writes take \`Idempotency-Key\` and (where there is an ETag)
\`If-Match\`, and answer \`Palimpsest-Position\`; send that as \`Palimpsest-Min-Position\` with a read
to see what you wrote. Everything refused is a problem document (RFC 9457) with a \`code\`.`;

/** `/openapi.json` from the routes' own schemas, and a page to read it at `/docs`. */
export async function describeRoutes(app: FastifyInstance) {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Palimpsest', version: '1', description },
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer' },
          token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        },
      },
      security: [{ key: [] }, { token: [] }],
    },
    transform: describeOperation,
  });
  app.get('/openapi.json', { config: { audience: 'public' }, schema: { hide: true } }, async () =>
    app.swagger(),
  );
  // A scope of its own, so that the page's routes are marked as public ones and get its policy.
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, audience: 'public' };
    });
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP:
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
    });
  });
}
