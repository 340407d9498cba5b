import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

/**
 * Structured lines on standard output (or `destination`). Whatever is logged as an error or a
 * request shows what cannot hold content: libraries quote values in their messages (a title, a
 * key), and a URL has the caller's query.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    timestamp: stdTimeFunctions.isoTime,
    serializers: { err: withoutContent, error: withoutContent, req: idOnly, res: () => undefined },
  };
  return destination ? pino(options, destination) : pino(options);
}

const FRAMES = 20;

/** Name, code and frames of an error, without its message. */
export function withoutContent(error: unknown): object {
  if (!(error instanceof Error)) return { name: typeof error };
  const { name, stack, cause } = error;
  const { code } = error as Error & { code?: unknown };
  const frames = stack?.split('\n').filter((line) => line.startsWith('    at '));
  return {
    name,
    ...(typeof code === 'string' && { code }),
    frames: frames?.slice(0, FRAMES).map((line) => line.trim()),
    ...(cause !== undefined && { cause: withoutContent(cause) }),
  };
}

const idOnly = (request: { id?: unknown }) => ({ id: request.id });
