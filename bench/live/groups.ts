/** How much one change of the history holds: a quick typist's, sent about twice a second. */
export const KEYSTROKES_A_CHANGE = 50;

export function inGroups<One>(all: readonly One[], size: number): One[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, group) =>
    all.slice(group * size, (group + 1) * size),
  );
}
