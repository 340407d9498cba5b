import Anthropic, {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
} from '@anthropic-ai/sdk';
import type { ModelProvider } from '#commands/generation/model-port.ts';
import { ModelError } from '#domain/generation/model-error.ts';
import { partsOf } from './anthropic/parts.ts';
import { leavesOut, requestOf } from './anthropic/request.ts';
import { type AdapterPorts, runAttempt } from './attempt.ts';
import { type ProviderAccess, clientOptions } from './client-options.ts';
import { connectionErrorOf, modelErrorOf } from './failure.ts';
import { timeLimits } from './patience.ts';

export type AnthropicOptions = ProviderAccess & AdapterPorts;

/** Anthropic's Messages API. */
export function anthropicProvider({
  baseUrl = 'https://api.anthropic.com',
  apiKey,
  clock,
  tokens,
  limits = timeLimits,
}: AnthropicOptions): ModelProvider {
  // Everything is said here, because the library would read the rest from the environment.
  const client = new Anthropic({
    ...clientOptions(clock),
    baseURL: baseUrl,
    apiKey,
    webhookKey: null,
    // By a variable of the environment its spans would hold prompts.
    openTelemetry: false,
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
            yield* partsOf(await client.messages.create(requestOf(model, prompt), { signal }));
          },
        },
        attempt,
      ),
    leavesOut,
    countPrompt: (prompt) => tokens.prompt(prompt),
  };
}

function errorOf(error: unknown): ModelError {
  if (error instanceof APIConnectionTimeoutError) return new ModelError('timeout');
  if (error instanceof APIConnectionError) return connectionErrorOf(error);
  if (error instanceof APIError) {
    const { status, headers, type } = error;
    return modelErrorOf({ status, headers, words: [type] });
  }
  return new ModelError(error instanceof SyntaxError ? 'malformed' : 'cut');
}
