import type { FieldError } from './problem.ts';

type ZodValidation = {
  readonly validation: readonly {
    readonly keyword: string;
    readonly instancePath: string;
    readonly message?: string;
    readonly params: Readonly<Record<string, unknown>>;
  }[];
  readonly validationContext?: string;
};

const MOST_NAMED = 10;
const places = { body: 'body', querystring: 'query', params: 'path', headers: 'headers' } as const;

/** What is wrong with which field and what is accepted, without repeating what was sent. */
export function fieldErrors(error: unknown): { overLimit: boolean; errors: FieldError[] } {
  const { validation, validationContext } = error as ZodValidation;
  const place = places[validationContext as keyof typeof places] ?? 'body';
  const shown = validation.slice(0, MOST_NAMED);
  return {
    overLimit: validation.every(({ keyword }) => keyword === 'too_big'),
    errors: shown.map(({ keyword, instancePath, message, params }) => ({
      in: place,
      path: safePath(instancePath),
      message:
        keyword === 'unrecognized_keys' ? unknownKeys(params['keys']) : (message ?? 'invalid'),
    })),
  };
}

function unknownKeys(keys: unknown): string {
  const names = Array.isArray(keys) ? keys.map(String).slice(0, MOST_NAMED).map(safeName) : [];
  return `unknown: ${names.join(', ')}`;
}

const safePath = (path: string) =>
  path.split('/').filter(Boolean).map(safeName).slice(0, 20).join('.');

/** A caller's own key is named back only where it looks like a name: anything else may be content. */
const safeName = (name: string) => (/^[\w-]{1,64}$/.test(name) ? name : '(unprintable)');
