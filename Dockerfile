# glibc, because the Postgres that comes from npm is built against it.
FROM node:24-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Postgres is an optional dependency (one package for each platform), so those stay; the Node 24
# that npm brings for older machines does not.
RUN npm ci --omit=dev --ignore-scripts && rm -rf node_modules/node-linux-* node_modules/.bin/node

# The page: what it is built with stays here.
FROM node:24-bookworm-slim AS console
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src/client ./src/client
COPY web ./web
RUN npm run build

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=7410 PALIMPSEST_HOME=/var/lib/palimpsest
# Named volumes take owner and mode from here. Postgres refuses data that others can read.
RUN install -d -o node -g node -m 0700 /var/lib/palimpsest
WORKDIR /app
COPY --from=modules --chown=node:node /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY bin ./bin
COPY migrations ./migrations
COPY src ./src
COPY --from=console /app/dist/console ./dist/console
USER node
VOLUME /var/lib/palimpsest
EXPOSE 7410
# The first start makes a database, and a start after a crash replays what was not yet written.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Drains and stops within ten seconds, which is how long Docker waits.
CMD ["node", "bin/palimpsest.js", "serve"]
