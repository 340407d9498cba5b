import { noneIfErased } from '#commands/none-if-erased.ts';
import type { Clock, Sealer } from '#commands/ports.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import { KeptParts } from '#domain/generation/kept-parts.ts';
import type { MemberId, TenantId } from '#domain/ids.ts';
import type { PartPlace, PartStore } from './part-port.ts';
import { RESUME_MS, type Shown, type UnderWay } from './under-way.ts';

export type Numbered = { readonly number: number; readonly part: Shown };

/** One piece holds what came in this time: a write for each part would cost more than the parts. */
const BATCH_MS = 100;
/** While a model is silent nothing new is kept, and what is kept would expire. */
const RENEW_MS = RESUME_MS / 3;
/** After the store took nothing. */
const PAUSE_MS = 1_000;
/** In one piece, whose size is that of a message to the store. */
const MOST_PARTS = 500;

export type KeptPartsOf = ReturnType<typeof keepingParts>;

/** The kept parts of one generation. */
export type Kept = ReturnType<KeptPartsOf>;

type Ports = {
  readonly sealer: Pick<Sealer, 'keyFor' | 'plainKey'>;
  readonly store: PartStore;
  readonly clock: Clock;
  readonly warn: (message: string, error: unknown) => void;
};

/**
 * Parts of a generation that its client may come back for, to any process: under an HMAC of its id,
 * sealed with the key of the member who asked.
 */
export const keepingParts =
  ({ sealer, store, clock, warn }: Ports) =>
  (tenant: TenantId, member: MemberId, id: GenerationId) => {
    const placeOf = async (): Promise<PartPlace> => {
      const key = await sealer.plainKey(tenant);
      return { tenant, name: key.nameOf(JSON.stringify(['parts', id])) };
    };
    const keyOf = async () => await sealer.keyFor(tenant, `member:${member}`).catch(noneIfErased);
    const bound = ({ name }: PartPlace, to: number) => `parts ${tenant} ${name} ${to}`;

    /** How far everything is kept then. */
    async function put(from: number, parts: readonly Shown[], isLast: boolean) {
      const [place, key] = [await placeOf(), await keyOf()];
      if (key === undefined) return from;
      const to = from + parts.length;
      const plain = new TextEncoder().encode(JSON.stringify(parts));
      const sealed = Buffer.from(key.sealBytes(bound(place, to), plain)).toString('base64');
      return await store.append(place, { from, to, sealed, isLast }, RESUME_MS);
    }

    return {
      /**
       * Keeps what is shown, until the end of it is kept or nobody may come back any more. Nothing
       * waits for it: what cannot be kept now is kept later, or not at all.
       */
      keep: async (running: Pick<UnderWay, 'since'>, closing: AbortSignal): Promise<void> => {
        let [kept, warned] = [0, false];
        let until = Infinity;
        for (;;) {
          const { parts, isEnded } = await running.since(kept, RENEW_MS);
          if (isEnded) until = Math.min(until, clock.now().getTime() + RESUME_MS);
          const piece = parts.slice(0, MOST_PARTS);
          const isLast = isEnded && piece.length === parts.length;
          const reached = await put(kept, piece, isLast).catch((error: unknown) => {
            if (!warned) warn('a generation can be resumed in its own process only', error);
            warned = true;
          });
          if (isLast && reached === kept + piece.length) return;
          if (isEnded && (closing.aborted || clock.now().getTime() >= until)) return;
          kept = reached ?? kept;
          await clock.sleep(reached === undefined ? PAUSE_MS : BATCH_MS);
        }
      },
      /** From part `from` on, as far as it is kept. `undefined` where nothing is. */
      find: async (
        from: number,
      ): Promise<{ readonly parts: readonly Numbered[]; readonly isOver: boolean } | undefined> => {
        const [place, key] = [await placeOf(), await keyOf()];
        const found = key && (await store.read(place, from, RESUME_MS));
        if (key === undefined || found === undefined) return undefined;
        const parts: Numbered[] = [];
        for (const { to, sealed } of found.pieces) {
          const plain = key.openBytes(bound(place, to), Buffer.from(sealed, 'base64'));
          if (plain === undefined) return undefined;
          const piece = KeptParts.parse(JSON.parse(new TextDecoder().decode(plain)));
          const first = to - piece.length;
          parts.push(...piece.map((part, index) => ({ number: first + index, part })));
        }
        const isOver = found.isOver && found.pieces.length === 0;
        return { parts: parts.filter(({ number }) => number >= from), isOver };
      },
      /** How long a client may take to come back that another process showed it to. */
      awaitedForMs: async (): Promise<number> =>
        await placeOf()
          .then(async (place) => await store.awaitedForMs(place))
          .catch(() => 0),
    };
  };
