import type { TenantId } from '#domain/ids.ts';

/** Where the parts of one generation are kept: nothing else has this name. */
export type PartPlace = { readonly tenant: TenantId; readonly name: string };

/** Parts that lie side by side, sealed. `to` is exclusive. */
export type Piece = {
  readonly from: number;
  readonly to: number;
  readonly sealed: string;
  /** Nothing follows it. */
  readonly isLast: boolean;
};

/** What generations have shown, for a short time, where every process finds it. */
export type PartStore = {
  /**
   * Adds the piece if all before it is there and it holds something new, and keeps everything for
   * `keepMs` from now. Answers how far it is kept: less than `from` where some was lost. `undefined`
   * where nothing can be kept now.
   */
  append(place: PartPlace, piece: Piece, keepMs: number): Promise<number | undefined>;
  /**
   * The pieces that hold part `from` and what follows, the oldest first, and not always all of them.
   * `undefined` where nothing is kept. Whoever reads is awaited for `awaitMs`.
   */
  read(
    place: PartPlace,
    from: number,
    awaitMs: number,
  ): Promise<
    | { readonly pieces: readonly Pick<Piece, 'to' | 'sealed'>[]; readonly isOver: boolean }
    | undefined
  >;
  /** How long whoever read last is still awaited; 0 where nobody is. */
  awaitedForMs(place: PartPlace): Promise<number>;
};
