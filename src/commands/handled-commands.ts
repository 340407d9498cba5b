import type { CommandId } from '#domain/ids.ts';

const KEPT_AT_LEAST = 1_000;
const KEPT_FOR_MS = 24 * 60 * 60 * 1_000;

export type HandledCommand = {
  /** Revision of the command's last event. */
  readonly revision: number;
  /** Hash of the request, where it is known: tells a repeat from a key used twice. */
  readonly hash: Uint8Array | undefined;
  /** Milliseconds since 1970, as recorded. */
  readonly at: number;
};

export type EncodedCommands = readonly (readonly [CommandId, number, Uint8Array | null, number])[];

/** The commands a stream has handled: at least the last 1,000, and at least those of 24 hours. */
export class HandledCommands {
  readonly #byId: Map<CommandId, HandledCommand>;

  constructor(encoded: EncodedCommands = []) {
    this.#byId = new Map(
      encoded.map(([id, revision, hash, at]) => [id, { revision, hash: hash ?? undefined, at }]),
    );
  }

  find(id: CommandId): HandledCommand | undefined {
    return this.#byId.get(id);
  }

  add(id: CommandId, command: HandledCommand): void {
    // A command of several events stands where its last event stands.
    const hash = command.hash ?? this.#byId.get(id)?.hash;
    this.#byId.delete(id);
    this.#byId.set(id, { ...command, hash });
    for (const [oldest, { at }] of this.#byId) {
      if (this.#byId.size <= KEPT_AT_LEAST || at > command.at - KEPT_FOR_MS) return;
      this.#byId.delete(oldest);
    }
  }

  encode(): EncodedCommands {
    return [...this.#byId].map(([id, { revision, hash, at }]) => [id, revision, hash ?? null, at]);
  }
}
