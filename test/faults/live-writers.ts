import type { LiveDocument } from '#client/live-document.ts';
import { memoryStore, openLive } from '#test/support/live.ts';
import type { Random } from '#test/support/random.ts';

/** Somebody who types words that nobody else types, whatever happens to the server. */
export type LiveWriter = {
  readonly typed: readonly string[];
  /** Types some words; now and then on a device that was switched off and on again. */
  type(): Promise<void>;
  settled(): Promise<void>;
  readonly markdown: () => string;
  close(): Promise<void>;
};

export async function liveWriter(
  name: string,
  random: Random,
  open: { readonly server: () => string; readonly id: string; readonly key: string },
): Promise<LiveWriter> {
  const store = memoryStore();
  const typed: string[] = [];
  const begin = () => openLive(open.server, open.id, open.key, { store });
  let document: LiveDocument = await begin();

  return {
    typed,
    type: async () => {
      for (let left = 1 + random.below(4); left > 0; left--) {
        const sections = document.sections;
        const section = sections[random.below(sections.length)];
        if (section === undefined) return;
        const word = `<${name}${typed.length}>`;
        // Lines of their own: a section that grows too long is cut between two, not inside a word.
        const gaps = [...section.text.matchAll(/(?<=\n|^)/g)].map(({ index }) => index);
        document.splice(section.id, gaps[random.below(gaps.length)] ?? 0, 0, `${word}\n`);
        typed.push(word);
      }
      if (random.below(10) > 0) return;
      await document.close();
      document = await begin();
    },
    settled: async () => await document.settled(),
    markdown: () => document.markdown,
    close: async () => await document.close(),
  };
}
