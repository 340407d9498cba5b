/** Something that is not as it must be. `where` names it; content is never shown. */
export type Finding = {
  readonly check: 'event' | 'stream' | 'snapshot' | 'view';
  readonly where: string;
  readonly what: string;
};

/** One altered event may make a thousand others look wrong: the first ones say enough. */
const MOST_KEPT = 50;

export class Findings {
  readonly first: Finding[] = [];
  count = 0;

  add(check: Finding['check'], where: string, what: string): void {
    this.count++;
    if (this.first.length < MOST_KEPT) this.first.push({ check, where, what });
  }
}
