import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import type { ModelProvider } from '#commands/generation/model-port.ts';
import { ModelError } from '#domain/generation/model-error.ts';
import { type AdapterPorts, runAttempt } from './attempt.ts';
import { type ProviderAccess, clientOptions } from './client-options.ts';
import { connectionErrorOf, modelErrorOf } from './failure.ts';
import { partsOf } from './openai/parts.ts';
import { type OpenAIDialect, requestOf } from './openai/request.ts';
import { timeLimits } from './patience.ts';

export type OpenAIOptions = ProviderAccess &
  AdapterPorts & {
    readonly dialect?: OpenAIDialect;
  };

/** OpenAI's chat completions, and every server that speaks them. */
export function openaiProvider({
  baseUrl = 'https://api.openai.com/v1',
  apiKey,
  clock,
  tokens,
  limits = timeLimits,
  dialect = {},
}: OpenAIOptions): ModelProvider {
  // Everything is said here, because the library would read the rest from the environment.
  const client = new OpenAI({
    ...clientOptions(clock),
    baseURL: baseUrl,
    apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
  });
  return {
    call: (attempt) =>
      runAttempt(
        {
          clock,
          tokens,
          limits,
          errorOf,
          open: async function* ({ model, prompt }, signal) {
            const request = requestOf(model, prompt, dialect);
            yield* partsOf(await client.chat.completions.create(request, { signal }));
          },
        },
        attempt,
      ),
    leavesOut: () => [],
    countPrompt: (prompt) => tokens.prompt(prompt),
  };
}

function errorOf(error: unknown): ModelError {
  if (error instanceof APIConnectionTimeoutError) return new ModelError('timeout');
  if (error instanceof APIConnectionError) return connectionErrorOf(error);
  if (error instanceof APIError) {
    const { status, headers, code, type } = error;
    return modelErrorOf({ status, headers, words: [code, type] });
  }
  return new ModelError(error instanceof SyntaxError ? 'malformed' : 'cut');
}
