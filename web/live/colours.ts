export const COLOURS = 8;

const given = new Map<string, number>();

/**
 * The colour of a member on this page: where it can be, one that nobody else has. It begins with
 * one that follows from the id, so that most have the same on every page.
 */
export function colourOf(member: string): number {
  const known = given.get(member);
  if (known !== undefined) return known;
  const taken = new Set(given.values());
  const wished = wishOf(member);
  const order = Array.from({ length: COLOURS }, (_, step) => (wished + step) % COLOURS);
  const colour = order.find((one) => !taken.has(one)) ?? wished;
  given.set(member, colour);
  return colour;
}

function wishOf(member: string): number {
  let sum = 0;
  for (const character of member) sum = (sum * 31 + character.charCodeAt(0)) % 65_521;
  return sum % COLOURS;
}
