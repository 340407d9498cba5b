import { GONE, GROUND, NOBODY, type Run } from './ledger.ts';

type Doing = Pick<Run, 'owner' | 'elements'>;

/**
 * What changes do that are no group's, by the number that says so in a branch's first events.
 * Stored for ever: add to them, never change any.
 */
const doings: readonly (Doing | undefined)[] = [
  undefined,
  { owner: GROUND, elements: undefined },
  { owner: GONE, elements: undefined },
  { owner: NOBODY, elements: 'moves' },
  { owner: NOBODY, elements: 'revived' },
  { owner: GROUND, elements: 'revived' },
  { owner: GONE, elements: 'revived' },
];

/** `undefined` for what a group or a reversal did. */
export function codeOf({ owner, elements }: Doing): number | undefined {
  const code = doings.findIndex((one) => one?.owner === owner && one.elements === elements);
  return code < 0 ? undefined : code;
}

export function doingOf(code: number): Doing {
  const doing = doings[code];
  if (doing === undefined) throw new RangeError(`No change does what ${code} says.`);
  return doing;
}
