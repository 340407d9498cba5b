/** Runs what it is given, so many at a time, in order. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

export function gate(width: number): Gate {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // Whoever is next takes this place over; otherwise it becomes free.
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
