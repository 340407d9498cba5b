type Waiting<Ask, Answer> = {
  readonly asked: Ask;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Whatever is asked under one key while an answer is on its way is asked together next, so that
 * many who ask at once share few connections. `ask` answers in the order of what was asked.
 */
export function askedTogether<Ask, Answer>(
  ask: (all: readonly Ask[]) => Promise<readonly Answer[]>,
): (key: string, asked: Ask) => Promise<Answer> {
  /** By keys under which something is being asked. */
  const next = new Map<string, Waiting<Ask, Answer>[]>();

  const askOnce = async (batch: readonly Waiting<Ask, Answer>[]) => {
    try {
      const answers = await ask(batch.map(({ asked }) => asked));
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };

  const askAll = async (key: string, first: Waiting<Ask, Answer>) => {
    for (let batch = [first]; batch.length > 0; batch = next.get(key) ?? []) {
      next.set(key, []);
      await askOnce(batch);
    }
    next.delete(key);
  };

  return (key, asked) =>
    new Promise((resolve, reject) => {
      const waiting = next.get(key);
      if (waiting) waiting.push({ asked, resolve, reject });
      else void askAll(key, { asked, resolve, reject });
    });
}
