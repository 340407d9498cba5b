import type { Finding } from '#domain/compliance/finding.ts';
import type { Watching } from './redacting.ts';

/** Findings that are known already, to be redacted together with those that are yet to come. */
export function givenFindings(findings: readonly Finding[]): Watching[] {
  if (findings.length === 0) return [];
  const sightings = findings.map(({ start, end }, rule) => ({ rule, start, end }));
  return [
    {
      rules: findings,
      watch: { next: () => [], end: () => sightings, decidedTo: () => 0 },
    },
  ];
}
