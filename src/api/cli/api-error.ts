import { z } from 'zod';

/** The server's "no", in its own words. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

const Problem = z.object({
  title: z.string(),
  code: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  limit: z.number().optional(),
});

/** From problem details (RFC 9457), or from whatever else stands between us and the server. */
export function apiError(status: number, body: string): ApiError {
  const problem = Problem.safeParse(jsonOr(body));
  if (!problem.success) return new ApiError(status, '', `The server answered ${status}.`);
  const { title, code, errors = [], limit } = problem.data;
  const more = [
    ...(limit === undefined ? [] : [`the limit is ${limit}`]),
    ...errors.map(({ path, message }) => `${path}: ${message}`),
  ];
  const why = more.length > 0 ? ` ${more.join('; ')}.` : '';
  return new ApiError(status, code, `The server answered ${status} ${code}: ${title}${why}`);
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
