import type { PartPlace, PartStore, Piece } from '#commands/generation/part-port.ts';
import type { Clock } from '#commands/ports.ts';

type Kept = { readonly pieces: Piece[]; until: number; awaitedUntil: number };

/** Parts of this one process. */
export function memoryPartStore({ clock }: { readonly clock: Pick<Clock, 'now'> }): PartStore {
  const kept = new Map<string, Kept>();
  const now = () => clock.now().getTime();
  const find = ({ tenant, name }: PartPlace): Kept | undefined => {
    const found = kept.get(`${tenant} ${name}`);
    return found !== undefined && found.until > now() ? found : undefined;
  };
  return {
    append: async (place, piece, keepMs) => {
      const known: Kept | undefined = find(place);
      const { pieces, awaitedUntil } = known ?? { pieces: [] as Piece[], awaitedUntil: 0 };
      const { to = 0, isLast = false } = pieces.at(-1) ?? {};
      const isNew = piece.to > piece.from || piece.isLast;
      const mayFollow = to === piece.from && !isLast && isNew;
      if (mayFollow) pieces.push(piece);
      if (pieces.length > 0) {
        kept.set(`${place.tenant} ${place.name}`, { pieces, until: now() + keepMs, awaitedUntil });
      }
      return mayFollow ? piece.to : to;
    },
    read: async (place, from, awaitMs) => {
      const found = find(place);
      if (found === undefined) return undefined;
      found.awaitedUntil = now() + awaitMs;
      const { pieces } = found;
      const isOver = pieces.at(-1)?.isLast ?? false;
      return { pieces: pieces.filter(({ to }) => to > from), isOver };
    },
    awaitedForMs: async (place) => Math.max(0, (find(place)?.awaitedUntil ?? 0) - now()),
  };
}
