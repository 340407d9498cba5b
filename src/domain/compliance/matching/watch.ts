/** No rule may make its mind up later than this many UTF-16 code units behind where it began. */
export const LONGEST_HELD = 256;

/** A place that a rule is certain of. */
export type Sighting = {
  readonly rule: number;
  readonly start: number;
  readonly end: number;
  /** More of the sighting before, whose end was not known yet: a key that goes on. */
  readonly continues?: true;
};

/** One text, read for some rules as it comes in. Offsets count from the text's beginning. */
export type Watch = {
  next(piece: string): Sighting[];
  /** The text is at its end: what was open is decided. */
  end(): Sighting[];
  /** Every later sighting starts here or behind, those that continue one apart. */
  decidedTo(): number;
};
