// The rules of the tree, as one function from a file to what is wrong with it.

type Layer = {
  /** Prefixes of import specifiers; what is in the same folder may always be imported. */
  readonly mayImport: readonly string[];
  /** Packages by name; `node:` allows Node's own modules. */
  readonly packages: readonly string[] | 'all';
  /** Time, randomness and the outside come in as values or through ports. */
  readonly isPure?: boolean;
};

const CONTENT = ['zod', 'uuid', 'canonicalize', 'cborg', 'diff', 'fractional-indexing'];

export const layers: Readonly<Record<string, Layer>> = {
  domain: {
    mayImport: ['#domain/'],
    packages: [...CONTENT, '@automerge/automerge'],
    isPure: true,
  },
  commands: {
    mayImport: ['#domain/', '#commands/'],
    packages: ['cborg', 'uuid', 'lru-cache'],
    isPure: true,
  },
  projections: {
    mayImport: ['#domain/', '#projections/'],
    packages: ['kysely'],
    isPure: true,
  },
  infra: {
    mayImport: ['#domain/', '#commands/', '#projections/', '#infra/'],
    packages: [
      'node:',
      'pg',
      'kysely',
      'uuid',
      'zod',
      'cborg',
      'lru-cache',
      'pino',
      'jose',
      'bullmq',
      'ioredis',
      'undici',
      'standardwebhooks',
      'ipaddr.js',
      '@eventstore/db-client',
      '@kurrent/kurrentdb-client',
      '@automerge/automerge',
      'gpt-tokenizer',
      'ai-tokenizer',
      '@pydantic/genai-prices',
    ],
  },
  api: {
    // Of the client only what both sides say to each other.
    mayImport: [
      '#domain/',
      '#commands/',
      '#projections/',
      '#infra/',
      '#api/',
      '#client/protocol.ts',
    ],
    packages: 'all',
  },
  // Runs in browsers: no Node, no server.
  client: { mayImport: ['#domain/', '#client/'], packages: ['@automerge/automerge', 'cborg'] },
  // The console: what it knows of the server is what the API and the live protocol say.
  web: {
    mayImport: ['#client/', '#web/'],
    packages: [
      'react',
      'react-dom',
      'diff',
      '@automerge/automerge',
      '@codemirror/commands',
      '@codemirror/lang-markdown',
      '@codemirror/language',
      '@codemirror/state',
      '@codemirror/view',
      '@lezer/highlight',
    ],
  },
};

/** Prompts leave by these adapters and no other way: whoever imports a provider's library calls past the budget. */
const adapters: Readonly<Record<string, string>> = {
  openai: 'src/infra/models/openai',
  '@anthropic-ai/sdk': 'src/infra/models/anthropic',
  undici: 'src/infra/models/provider-fetch',
};

const VAGUE = /(^|-)(utils?|helpers?|common|services?|managers?|misc)(-|\.|$)/;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*$/;
const IMPURE =
  /\b(Date\.now|new Date\(\s*\)|Math\.random|(?:performance|process|console|crypto)\.|(?:setTimeout|setInterval|setImmediate|fetch)\()/;

/** What is wrong with this source at this path (`src/…`, `web/…`), a sentence each. */
export function violations(path: string, source: string): string[] {
  const [layerName = '', ...below] = path.replace(/^src\//, '').split('/');
  const layer = layers[layerName];
  if (layer === undefined) return [`${path}: src/${layerName} is no layer`];
  const code = withoutComments(source);
  return [
    ...below.filter((part) => VAGUE.test(part)).map((part) => `${path}: '${part}' says nothing`),
    ...below
      .filter((part) => !KEBAB.test(part))
      .map((part) => `${path}: '${part}' is not kebab-case`),
    ...(below.at(-1) === 'index.ts' ? [`${path}: a barrel hides where things are`] : []),
    ...importsOf(code).flatMap((specifier) => wrongImport(path, layerName, layer, specifier)),
    ...(layer.isPure === true ? impurities(path, code) : []),
  ];
}

function wrongImport(path: string, name: string, layer: Layer, specifier: string): string[] {
  if (specifier.startsWith('./')) {
    return specifier.includes('../') ? [`${path}: '${specifier}' hides the direction`] : [];
  }
  if (specifier.startsWith('.')) return [`${path}: '${specifier}' hides the direction`];
  if (specifier.startsWith('#')) {
    if (!layer.mayImport.some((prefix) => specifier.startsWith(prefix))) {
      return [`${path}: ${name} may not import ${specifier}`];
    }
    return crossesSlices(path, specifier)
      ? [`${path}: only events and ids of another slice may be used, not ${specifier}`]
      : [];
  }
  const named = packageOf(specifier);
  const adapter = adapters[named];
  if (adapter !== undefined) {
    const isAdapter = path === `${adapter}.ts` || path.startsWith(`${adapter}/`);
    return isAdapter ? [] : [`${path}: only ${adapter} may import the package ${named}`];
  }
  if (layer.packages === 'all' || layer.packages.includes(named)) return [];
  return [`${path}: ${name} may not import the package ${specifier}`];
}

const packageOf = (specifier: string) => {
  if (specifier.startsWith('node:')) return 'node:';
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
};

/** Folders of the domain are slices: `src/domain/document/decide.ts` is of `document`. */
function crossesSlices(path: string, specifier: string): boolean {
  const [, layer, slice, ownFile] = path.split('/');
  const [target, otherSlice, file] = specifier.slice(1).split('/');
  if (layer !== 'domain' || target !== 'domain') return false;
  if (ownFile === undefined || file === undefined || slice === otherSlice) return false;
  // What a filter found is an event on the stream of whatever was filtered.
  return !['events.ts', 'ids.ts', 'flag.ts'].includes(file);
}

function impurities(path: string, code: string): string[] {
  const found = IMPURE.exec(withoutTexts(code));
  return found === null ? [] : [`${path}: '${found[1]}' must come through a port`];
}

function importsOf(code: string): string[] {
  const statements = /^\s*(?:import|export)\b(?:[^;'"`]*?\bfrom)?\s*['"]([^'"\s]+)['"]/gm;
  const calls = /\b(?:import|require)\s*\(\s*['"`]([^'"`\s]+)['"`]/g;
  return [statements, calls].flatMap((form) =>
    [...code.matchAll(form)].map((match) => match[1] ?? ''),
  );
}

const withoutComments = (source: string) =>
  source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');

const withoutTexts = (code: string) => code.replaceAll(/'[^'\n]*'|"[^"\n]*"|`[^`]*`/g, "''");
