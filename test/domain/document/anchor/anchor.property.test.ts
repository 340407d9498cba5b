import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Anchor } from '#domain/anchor.ts';
import { findAnchors } from '#domain/document/anchor/find-anchors.ts';
import { anchorIn } from '#domain/document/anchor/make-anchor.ts';
import { sectionsOf } from '#domain/document/reading.ts';
import { type Random, seededRandom } from '#test/support/random.ts';
import type { Character } from '#test/domain/document/undo/oracle.ts';
import { Scenario } from '#test/domain/document/undo/scenario.ts';

// Three people write, alone and at once, split, move, delete, restore, undo and redo. Meanwhile
// texts are anchored; after every step each anchor must be where the oracle of undo, which keeps a
// list of all characters there ever were, has the anchored ones. `ANCHOR_STEPS=10000` is the long
// form; a failing run is repeated with the `SEED` it names.

const SEED = Number(process.env['SEED'] ?? 20_260_201);
const STEPS = Number(process.env['ANCHOR_STEPS'] ?? 600);

type Anchored = { readonly anchor: Anchor; readonly characters: ReadonlySet<Character> };

/** Anchors some text, in one section or across several. */
function anchored({ document, oracle }: Scenario, random: Random): Anchored | undefined {
  const shown = sectionsOf(document.living);
  const one = shown[random.below(shown.length)];
  const among = one && random.below(2) === 0 ? [one] : shown;
  const all = among.flatMap(({ id }) => oracle.visible(id));
  const from = random.below(all.length);
  const chosen = all.slice(from, from + 1 + random.below(6));
  if (chosen.length === 0) return undefined;
  const { anchor, quoted } = anchorIn(document.living, document.revision, {
    section: among.length === 1 ? among[0]!.id : undefined,
    at: unitsOf(all.slice(0, from)),
    count: unitsOf(chosen),
  });
  assert.equal(quoted, textOf(chosen));
  return { anchor, characters: new Set(chosen) };
}

const textOf = (characters: readonly Character[]) => characters.map(({ value }) => value).join('');
const unitsOf = (characters: readonly Character[]) => textOf(characters).length;

/** By the oracle: in each section from the first anchored character to the last. */
function expected({ document, oracle }: Scenario, characters: ReadonlySet<Character>) {
  return sectionsOf(document.living).flatMap(({ id }) => {
    const visible = oracle.visible(id);
    const first = visible.findIndex((one) => characters.has(one));
    const last = visible.findLastIndex((one) => characters.has(one));
    if (first < 0) return [];
    const at = unitsOf(visible.slice(0, first));
    return [{ section: id, at, count: unitsOf(visible.slice(first, last + 1)) }];
  });
}

/** By the oracle: the gap that a character left, in a section that readers see. */
function placeOf({ document, oracle }: Scenario, gone: Character) {
  for (const { id } of sectionsOf(document.living)) {
    const { characters } = oracle.sections.get(id)!;
    const index = characters.indexOf(gone);
    if (index < 0) continue;
    const at = unitsOf(characters.slice(0, index).filter(oracle.isVisible));
    return { section: id, at, count: 0 };
  }
  return undefined;
}

test('whatever happens to a document, its anchors are where their characters are', () => {
  let [orphaned, back, spread, steps] = [0, 0, 0, 0];
  for (let seed = SEED; steps < STEPS; seed++) {
    const random = seededRandom(seed);
    const scenario = new Scenario(random);
    const anchors: Anchored[] = [];
    const gone = new Set<Anchored>();
    try {
      for (let step = 0; step < 60; step++, steps++) {
        const made = anchored(scenario, random);
        if (made) anchors.push(made);
        scenario.step();
        const found = findAnchors(
          scenario.document.living,
          anchors.map(({ anchor }) => anchor),
        );
        for (const [index, one] of anchors.entries()) {
          const { ranges, isOrphaned } = found[index]!;
          const wanted = expected(scenario, one.characters);
          assert.equal(isOrphaned, wanted.length === 0);
          if (isOrphaned) {
            gone.add(one);
            orphaned++;
            const place = placeOf(scenario, [...one.characters][0]!);
            if (place) assert.deepEqual(ranges, [place]);
            else assert.ok(ranges.every(({ count }) => count === 0));
          } else {
            assert.deepEqual(ranges, wanted);
            if (gone.delete(one)) back++;
            if (ranges.length > 1) spread++;
          }
        }
      }
    } catch (error) {
      const story = scenario.story.slice(-12).join('\n  ');
      throw new Error(`with SEED=${seed}, after\n  ${story}\n${String(error)}`, { cause: error });
    }
  }
  // It did try what it is for.
  assert.ok(orphaned > 0 && back > 0 && spread > 0, `${orphaned}, ${back} and ${spread}`);
});
