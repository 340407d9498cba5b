import type { RecordedEvent, StoredEvent } from '#domain/event.ts';

const MOST_EVENTS = 1_000;
const MOST_BYTES = 4_000_000;

/**
 * What this process appended just now, for its own follower: most of what that would read from
 * Postgres was written from here a moment ago. Positions have no gap, so an event whose predecessor
 * was delivered is the next one.
 */
export class OwnAppends {
  readonly #events = new Map<bigint, RecordedEvent>();
  #bytes = 0;

  /** `position` is that of the last of them. */
  keep(events: readonly StoredEvent[], position: bigint): void {
    const first = position - BigInt(events.length) + 1n;
    for (const [index, { header, body }] of events.entries()) {
      const at = first + BigInt(index);
      this.#events.set(at, { header, body: new Uint8Array(body), position: at });
      this.#bytes += body.length;
    }
    for (const [oldest, { body }] of this.#events) {
      if (this.#events.size <= MOST_EVENTS && this.#bytes <= MOST_BYTES) break;
      this.#events.delete(oldest);
      this.#bytes -= body.length;
    }
  }

  has(position: bigint): boolean {
    return this.#events.has(position);
  }

  /** Those that come right behind `position`, without a gap. */
  behind(position: bigint, limit: number): readonly RecordedEvent[] {
    const found: RecordedEvent[] = [];
    for (let at = position + 1n; found.length < limit; at++) {
      const event = this.#events.get(at);
      if (event === undefined) break;
      found.push(event);
    }
    return found;
  }
}
