import type { AnswerPart } from '#commands/generation/model-port.ts';

// oxlint-disable-next-line require-await
export async function* partsOf(parts: readonly AnswerPart[]): AsyncGenerator<AnswerPart> {
  yield* parts;
}

export async function arrayFrom<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
