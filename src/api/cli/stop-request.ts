type Reason = { readonly reason: string; readonly failed: boolean };

export type StopRequest = {
  /** Resolves once, when the process is to end. */
  readonly requested: Promise<Reason>;
  /** Asks every second whether this has happened. */
  when(reason: string, happened: () => boolean): void;
};

/** Two signals within this time are one: npm, the launcher and the terminal all pass on a Ctrl-C. */
const ONE_SIGNAL_MS = 1_000;

/** Whoever stops us (systemd, Docker) kills after ten seconds: we are gone before. */
const GONE_MS = 9_500;

/** Listens for everything that ends a server. A second signal, meant in earnest, ends it at once. */
export function stopRequest(): StopRequest {
  const { promise, resolve } = Promise.withResolvers<Reason>();
  let firstSignal: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (firstSignal !== undefined && Date.now() - firstSignal > ONE_SIGNAL_MS) process.exit(130);
      firstSignal ??= Date.now();
      resolve({ reason: signal, failed: false });
    });
  }
  // The launcher that started us (see bin/) was killed: nobody would ever stop us.
  process.on('disconnect', () => resolve({ reason: 'the launcher has ended', failed: true }));
  process.channel?.unref();
  // After an error that nobody expected the state is unknown: end, and start from the log again.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      process.stderr.write(`${stackOf(error)}\n`);
      resolve({ reason: 'an unexpected error', failed: true });
    });
  }
  // A start or a drain that hangs must not outlast what the request allows.
  void promise.then(() => setTimeout(() => process.exit(1), GONE_MS).unref());
  return {
    requested: promise,
    when: (reason, happened) => {
      setInterval(() => {
        if (happened()) resolve({ reason, failed: true });
      }, 1_000).unref();
    },
  };
}

/** Where it happened, without the message: that may quote content. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return `Unexpected: a ${typeof error} was thrown.`;
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return [`Unexpected ${error.name}`, ...frames].join('\n');
}
