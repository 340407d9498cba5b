import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { BaseUrl } from '#domain/provider/events.ts';
import { KeyText } from '#domain/provider-key/events.ts';
import { isEventStoreUrl } from '#infra/eventstore/connection-string.ts';
import type { ProviderSeeds } from './generations/seed-providers.ts';

const url = (...schemes: string[]) =>
  z
    .string()
    .refine(
      (text) => schemes.some((scheme) => text.startsWith(`${scheme}://`)) && URL.canParse(text),
    );
const key = z
  .string()
  .min(1)
  .regex(/^[!-~]+$/);
const postgresUrl = url('postgres', 'postgresql');
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Origins that may be at private addresses, of which one is such. */
const privateOrigins = (such: string) =>
  [
    `origins such as ${such}, separated by commas; http:// for loopback only`,
    z
      .string()
      .default('')
      .transform((text) => text.split(',').flatMap((origin) => origin.trim() || []))
      .refine((origins) => origins.every((origin) => isOrigin(origin) && !isOpenHttp(origin))),
  ] as const;

/** The variables: what is accepted in words (for people) and as a schema. No value is ever shown. */
const variables = {
  PALIMPSEST_HOME: ['the path of a directory', z.string().default('.palimpsest')],
  DATABASE_URL: ['postgres://USER:PASSWORD@HOST/DATABASE', postgresUrl.optional()],
  DATABASE_OWNER_URL: ['postgres://OWNER:PASSWORD@HOST/DATABASE', postgresUrl.optional()],
  DATABASE_DIRECT_URL: ['postgres://USER:PASSWORD@HOST/DATABASE', postgresUrl.optional()],
  EVENTSTORE_URL: [
    'esdb://USER:PASSWORD@HOST:PORT, esdb+discover://… or kurrentdb://…, with ?tls=false where there is no TLS',
    z.string().refine(isEventStoreUrl).optional(),
  ],
  REDIS_URL: ['redis:// or rediss://', url('redis', 'rediss').optional()],
  NEO4J_URL: [
    'neo4j://, neo4j+s:// or bolt://',
    url('neo4j', 'neo4j+s', 'bolt', 'bolt+s').optional(),
  ],
  PALIMPSEST_MASTER_KEY: [
    '32 bytes in base64, as `openssl rand -base64 32` makes them',
    z
      .base64()
      .transform((text) => Buffer.from(text, 'base64'))
      .refine(({ length }) => length === 32)
      .optional(),
  ],
  PALIMPSEST_OPERATOR_KEY: ['32 to 200 visible ASCII characters', key.min(32).max(200).optional()],
  OPENAI_API_KEY: ['a key of 16 to 500 visible ASCII characters', KeyText.optional()],
  OPENAI_BASE_URL: ['http:// or https://, such as https://llm.example.com/v1', BaseUrl.optional()],
  ANTHROPIC_API_KEY: ['a key of 16 to 500 visible ASCII characters', KeyText.optional()],
  ANTHROPIC_BASE_URL: ['http:// or https://, such as https://llm.example.com', BaseUrl.optional()],
  CORS_ORIGINS: [
    'origins such as https://app.example.com, separated by commas',
    z
      .string()
      .default('')
      .transform((text) => text.split(',').flatMap((origin) => origin.trim() || []))
      .refine((origins) => origins.every(isOrigin)),
  ],
  PALIMPSEST_PRIVATE_ISSUERS: privateOrigins('https://sso.internal'),
  PALIMPSEST_PRIVATE_WEBHOOKS: privateOrigins('https://hooks.internal'),
  PALIMPSEST_TRUSTED_PROXIES: [
    'addresses and networks such as 10.0.0.0/8, separated by commas',
    z
      .string()
      .default('')
      .transform((text) => text.split(',').flatMap((network) => network.trim() || []))
      .refine((networks) =>
        networks.every((one) => ipaddr.isValid(one) || ipaddr.isValidCIDR(one)),
      ),
  ],
  PALIMPSEST_PROJECTOR_THREAD: ['on, off', z.enum(['on', 'off']).default('off')],
  PORT: [
    'a whole number from 0 (any free port) to 65535',
    z
      .string()
      .regex(/^\d{1,5}$/)
      .default('7410')
      .transform(Number)
      .refine((port) => port <= 65_535),
  ],
  HOST: [
    'an address or name to listen on',
    z
      .string()
      .regex(/^[\w.:-]+$/)
      .default('127.0.0.1'),
  ],
  LOG_LEVEL: [LOG_LEVELS.join(', '), z.enum(LOG_LEVELS).default('info')],
} as const;

type Name = keyof typeof variables;
type Values = { readonly [N in Name]: z.infer<(typeof variables)[N][1]> };

/** Everything that is configured. Built once, at the start; nothing else reads the environment. */
export type Config = {
  readonly home: string;
  readonly databaseUrl: string | undefined;
  readonly databaseOwnerUrl: string | undefined;
  readonly databaseDirectUrl: string | undefined;
  readonly eventStoreUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly masterKey: Uint8Array | undefined;
  readonly operatorKey: string | undefined;
  /** Of the first providers; where there are some, nothing of this is used. */
  readonly providers: ProviderSeeds;
  readonly corsOrigins: readonly string[];
  /** Origins of identity providers that may be at private addresses. */
  readonly privateIssuers: readonly string[];
  /** The same of webhooks. */
  readonly privateWebhooks: readonly string[];
  /** Our own proxies, whose `X-Forwarded-For` says who asks. */
  readonly trustedProxies: readonly string[];
  /** Views are filled in a thread of their own, where this process does anything else. */
  readonly projectorThread: boolean;
  readonly host: string;
  readonly port: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Variables that are set and valid, and that this version does nothing with yet. */
  readonly notUsedYet: readonly string[];
};

export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
  }
}

/** Reads and checks every variable. Throws one `ConfigError` that names all that are wrong. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const values: Partial<Record<Name, unknown>> = {};
  for (const [name, [accepted, schema]] of Object.entries(variables)) {
    // A variable that is set to nothing (as compose files do) is not set.
    const parsed = schema.safeParse(env[name] === '' ? undefined : env[name]);
    if (parsed.success) values[name as Name] = parsed.data;
    else problems.push(`${name} is not valid. Accepted: ${accepted}.`);
  }
  problems.push(...contradictions(values));
  if (problems.length > 0) throw new ConfigError(problems);
  return configOf(values as Values);
}

function contradictions(values: Partial<Record<Name, unknown>>): string[] {
  const problems: string[] = [];
  for (const name of ['DATABASE_OWNER_URL', 'DATABASE_DIRECT_URL'] as const) {
    if (values[name] !== undefined && values.DATABASE_URL === undefined) {
      problems.push(`${name} is set and DATABASE_URL is not: it belongs to that database.`);
    }
  }
  return problems;
}

const NOT_USED_YET = ['NEO4J_URL'] as const;

function configOf(values: Values): Config {
  return {
    home: resolve(values.PALIMPSEST_HOME),
    databaseUrl: values.DATABASE_URL,
    databaseOwnerUrl: values.DATABASE_OWNER_URL,
    databaseDirectUrl: values.DATABASE_DIRECT_URL,
    eventStoreUrl: values.EVENTSTORE_URL,
    redisUrl: values.REDIS_URL,
    masterKey: values.PALIMPSEST_MASTER_KEY,
    operatorKey: values.PALIMPSEST_OPERATOR_KEY,
    providers: {
      openai: { apiKey: values.OPENAI_API_KEY, baseUrl: values.OPENAI_BASE_URL },
      anthropic: { apiKey: values.ANTHROPIC_API_KEY, baseUrl: values.ANTHROPIC_BASE_URL },
    },
    corsOrigins: values.CORS_ORIGINS,
    privateIssuers: values.PALIMPSEST_PRIVATE_ISSUERS,
    privateWebhooks: values.PALIMPSEST_PRIVATE_WEBHOOKS,
    trustedProxies: values.PALIMPSEST_TRUSTED_PROXIES,
    projectorThread: values.PALIMPSEST_PROJECTOR_THREAD === 'on',
    host: values.HOST,
    port: values.PORT,
    logLevel: values.LOG_LEVEL,
    notUsedYet: NOT_USED_YET.filter((name) => values[name] !== undefined),
  };
}

function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** Keys that came in the clear over a network could be anybody's. */
function isOpenHttp(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === 'http:' && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
