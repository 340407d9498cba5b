/** A pause of so long ends an edit group. */
const PAUSE_MS = 1_000;

/** Which edits are taken back together: those in one place, without a pause. */
export class EditGroups {
  #place: string | undefined;
  #at = 0;
  /** A UUID. */
  current: Uint8Array = newId();

  /** Whether the edit begins another group; what was typed before belongs to the one before. */
  isNew(place: string): boolean {
    return place !== this.#place || Date.now() - this.#at >= PAUSE_MS;
  }

  take(place: string): void {
    if (this.isNew(place)) this.current = newId();
    this.#place = place;
    this.#at = Date.now();
  }
}

/** Of version 4 (RFC 9562). */
function newId(): Uint8Array {
  const id = crypto.getRandomValues(new Uint8Array(16));
  id[6] = (id[6]! & 0x0f) | 0x40;
  id[8] = (id[8]! & 0x3f) | 0x80;
  return id;
}
