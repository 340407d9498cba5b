import assert from 'node:assert/strict';
import type { AnswerPart, ModelProvider } from '#commands/generation/model-port.ts';
import { ModelError, type ModelErrorKind } from '#domain/generation/model-error.ts';
import type { Prompt } from '#domain/generation/prompt.ts';
import type { Usage } from '#domain/usage.ts';

export const promptOf = (content: string, more: Partial<Prompt> = {}): Prompt => ({
  messages: [{ role: 'user', content }],
  maxTokens: 500,
  ...more,
});

export type Answer = {
  readonly parts: readonly AnswerPart[];
  readonly text: string;
  readonly finish: string | undefined;
  readonly usage: Usage | undefined;
  readonly toolCalls: readonly { id: string; name: string; arguments: string }[];
};

/** A whole answer, put together as a caller would. */
export async function answerOf(
  provider: ModelProvider,
  prompt: Prompt,
  { model = 'test-model', signal = new AbortController().signal } = {},
): Promise<Answer> {
  const parts: AnswerPart[] = [];
  for await (const part of provider.call({ model, prompt, signal })) parts.push(part);
  return assembled(parts);
}

export function assembled(parts: readonly AnswerPart[]): Answer {
  const toolCalls: { id: string; name: string; arguments: string }[] = [];
  for (const part of parts) {
    if (part.type !== 'tool-call') continue;
    const call = (toolCalls[part.index] ??= { id: '', name: '', arguments: '' });
    call.id += part.id ?? '';
    call.name += part.name ?? '';
    call.arguments += part.arguments;
  }
  const finish = parts.find((part) => part.type === 'finish');
  const usage = parts.find((part) => part.type === 'usage');
  return {
    parts,
    text: parts.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    finish: finish?.reason,
    usage: usage?.usage,
    toolCalls,
  };
}

/** Waits for the failure of an attempt. */
export async function failureOf(
  work: Promise<unknown>,
  kind?: ModelErrorKind,
): Promise<ModelError> {
  const error = await work.then(
    () => assert.fail('the attempt came to its end'),
    (error: unknown) => error,
  );
  assert.ok(error instanceof ModelError, String(error));
  if (kind !== undefined) assert.equal(error.kind, kind);
  return error;
}
