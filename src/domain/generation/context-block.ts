// Passages that go into a prompt as data: each in a block that the server delimits, so that a model
// can tell what it is told from what it is shown, and no passage can end its own block.

export type Passage = { readonly source: string; readonly text: string };

const OPEN = '<passage source="';
const CLOSE = '</passage>';
const ESCAPED_CLOSE = '<\\/passage>';
const block = /<passage source="([^"\n]*)">\n([\s\S]*?)\n<\/passage>/g;

/** The block that holds a passage. Read back by `passagesIn`, and by models. */
export const contextBlock = ({ source, text }: Passage): string =>
  `${OPEN}${source.replaceAll(/["\n\r]/g, ' ')}">\n${text.replaceAll(CLOSE, ESCAPED_CLOSE)}\n${CLOSE}`;

export const passagesIn = (text: string): Passage[] =>
  [...text.matchAll(block)].map(([, source = '', inner = '']) => ({
    source,
    text: inner.replaceAll(ESCAPED_CLOSE, CLOSE),
  }));

export const withoutPassages = (text: string): string => text.replaceAll(block, '').trim();
