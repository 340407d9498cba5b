import type { ProblemBody } from '#api/errors.ts';

/** OpenAI's form of a refusal, which its clients read out of the body. */
export type OpenAIError = {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string;
};

const types: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};

/** The field that is wrong is named: also one that is not known here. */
export function openaiErrorOf({ status, title, code, errors = [] }: ProblemBody): OpenAIError {
  const [first] = errors;
  const unknown = /^unknown: ([^,]+)/.exec(first?.message ?? '')?.[1];
  const param = first && [first.path, unknown].filter(Boolean).join('.');
  const why = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message));
  return {
    message: [title, ...why].join(' '),
    type: types[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error'),
    param: param ?? null,
    code,
  };
}
