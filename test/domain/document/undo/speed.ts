import { sectionsOf } from '#domain/document/reading.ts';
import { branchOf, merge } from '#test/support/branch.ts';
import { type WrittenDocument, written } from '#test/support/document.ts';
import { seededRandom } from '#test/support/random.ts';

// How long an undo and a redo take, decided and folded, in documents cut as the product cuts them,
// also when a branch was merged into them: `node speed.ts [groups]`.

const GROUPS = Number(process.argv[2] ?? 200);
const WORDS = ['palimpsest ', 'of ', 'the ', 'scraped\n', 'vellum ', 'once ', 'again.\n\n'];

function grown(length: number): WrittenDocument {
  const random = seededRandom(1);
  const words = (most: number) => {
    let text = '';
    while (text.length < most) text += WORDS[random.below(WORDS.length)];
    return text.slice(0, most);
  };
  const document = written(words(length));
  for (let group = 0; group < GROUPS; group++) {
    const sections = sectionsOf(document.living);
    const { id, text } = sections[random.below(sections.length)]!;
    const at = random.below(text.length - 20);
    document.edit({ type: 'deleteText', section: id, at, count: 15 });
    document.edit({ type: 'insertText', section: id, at, text: words(20) });
  }
  return document;
}

function merged(length: number): WrittenDocument {
  const document = grown(length);
  const branch = branchOf(document);
  branch.edit({ type: 'insertText', at: 5, text: 'branched ' });
  merge(document, branch);
  return document;
}

/** Milliseconds of processor time: what else the machine does would be measured with the clock. */
const spent = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

function measure(length: number, document: WrittenDocument): void {
  const sections = sectionsOf(document.living).length;
  const taken: number[] = [];
  for (let step = 0; step < 600; step++) {
    const type = step % 60 < 30 ? 'UndoGroup' : 'RedoGroup';
    const begin = spent();
    document.do({ type, scope: 'mine' });
    taken.push(spent() - begin);
  }
  taken.sort((one, other) => one - other);
  const at = (share: number) => taken[Math.floor(share * taken.length)]?.toFixed(1);
  const size = `${length} characters, ${sections} sections`;
  console.log(`${size}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`);
}

for (const [name, make] of Object.entries({ grown, merged })) {
  console.log(`${name}, ${GROUPS} groups`);
  for (const length of [1_000, 10_000, 100_000]) measure(length, make(length));
}
