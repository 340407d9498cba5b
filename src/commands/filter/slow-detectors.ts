import type { Clock } from '#commands/ports.ts';
import type { Direction, Finding } from '#domain/compliance/finding.ts';
import type { SlowDetector } from './detector-port.ts';

export type Answers = {
  readonly findings: readonly Finding[];
  /** Versions of those that did not answer. */
  readonly late: readonly string[];
};

/** Asks all of them at once, each for as long as it may take. */
export async function askSlowDetectors(
  detectors: readonly SlowDetector[],
  text: string,
  direction: Direction,
  clock: Pick<Clock, 'sleep'>,
  signal?: AbortSignal,
): Promise<Answers> {
  const answers = await Promise.all(
    detectors.map((detector) => ask(detector, text, direction, clock, signal)),
  );
  return {
    findings: answers.flatMap(({ findings }) => findings),
    late: answers.flatMap(({ late }) => late),
  };
}

async function ask(
  detector: SlowDetector,
  text: string,
  direction: Direction,
  clock: Pick<Clock, 'sleep'>,
  signal?: AbortSignal,
): Promise<Answers> {
  const over = new AbortController();
  const either = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  try {
    const found = await Promise.race([
      // An adapter that throws at once has failed like one that rejects.
      (async () => await detector.inspect(text, direction, either))().catch(() => undefined),
      clock.sleep(detector.timeLimitMs, either).then(() => undefined),
    ]);
    return found === undefined ? lateAnswer(detector, text) : { findings: found, late: [] };
  } finally {
    over.abort(null);
  }
}

const lateAnswer = ({ version, whenLate }: SlowDetector, text: string): Answers => ({
  findings:
    whenLate.action === 'block'
      ? [{ rule: whenLate.rule, action: 'block', start: 0, end: text.length }]
      : [],
  late: [version],
});
