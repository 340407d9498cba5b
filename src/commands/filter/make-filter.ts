import type { Clock } from '#commands/ports.ts';
import type { Direction, Finding, Verdict } from '#domain/compliance/finding.ts';
import { givenFindings } from '#domain/compliance/matching/given-findings.ts';
import { type Redacting, redacting } from '#domain/compliance/matching/redacting.ts';
import type { QuickDetector, SlowDetector } from './detector-port.ts';
import type { Filter } from './filter-port.ts';
import { type Answers, askSlowDetectors } from './slow-detectors.ts';

type Parts = {
  readonly quick: readonly QuickDetector[];
  readonly slow: readonly SlowDetector[];
  /** Of the policies whose rules these are. */
  readonly policyVersion: string;
  readonly clock: Pick<Clock, 'sleep'>;
};

/** One filter of several detectors. Where they overlap the stricter one wins. */
export function makeFilter({ quick, slow, policyVersion, clock }: Parts): Filter {
  const version = [...[...quick, ...slow].map((one) => one.version), policyVersion].join('+');

  const watchers = (direction: Direction) =>
    quick.map((detector) => detector.watch(direction)).filter((one) => one !== undefined);
  const slowFor = (direction: Direction) =>
    slow.filter(({ directions }) => directions.includes(direction));
  const verdictOf = (text: Redacting, late: readonly string[]): Verdict => ({
    outcome: text.outcome(),
    findings: text.findings(),
    late,
    filterVersion: version,
  });

  return {
    version,
    whole: async (direction, text, signal) => {
      const asked = await askSlowDetectors(slowFor(direction), text, direction, clock, signal);
      const reading = redacting([...watchers(direction), ...givenFindings(asked.findings)]);
      const shown = reading.next(text) + reading.end();
      return { text: shown, verdict: verdictOf(reading, asked.late) };
    },
    stream: (direction) => {
      const reading = redacting(watchers(direction));
      const asking = slowFor(direction);
      const pieces: string[] = [];
      let asked: Answers = { findings: [], late: [] };
      const verdict = () => withAnswers(verdictOf(reading, asked.late), asked.findings);
      return {
        next: (piece) => {
          if (asking.length > 0) pieces.push(piece);
          const text = reading.next(piece);
          return { text, isBlocked: reading.isBlocked() };
        },
        end: async (signal) => {
          const text = reading.end();
          // What is blocked already needs no second opinion.
          if (!reading.isBlocked()) {
            asked = await askSlowDetectors(asking, pieces.join(''), direction, clock, signal);
          }
          const last = verdict();
          return {
            text: last.outcome === 'blocked' && !reading.isBlocked() ? '' : text,
            verdict: last,
          };
        },
        verdict,
      };
    },
  };
}

/** What was found when the text was already out: it is told, and may still block what follows from it. */
function withAnswers(verdict: Verdict, answers: readonly Finding[]): Verdict {
  if (answers.length === 0) return verdict;
  const findings = [...verdict.findings, ...answers].sort((a, b) => a.start - b.start);
  const isBlocked = answers.some(({ action }) => action === 'block');
  return { ...verdict, findings, outcome: isBlocked ? 'blocked' : outcomeOr(verdict) };
}

const outcomeOr = ({ outcome }: Verdict): Verdict['outcome'] =>
  outcome === 'passed' ? 'flagged' : outcome;
