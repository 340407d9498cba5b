/** Commands after which, whatever came of them, what was known of before is forgotten. */
export const thenForget =
  (forget: () => void) =>
  <Command extends (...args: never[]) => Promise<unknown>>(handle: Command) =>
    (async (...args: Parameters<Command>) => {
      try {
        return await handle(...args);
      } finally {
        forget();
      }
    }) as Command;
