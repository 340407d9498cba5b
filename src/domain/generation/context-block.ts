// Passages that go into a prompt as data: each in a block that the server delimits, so that a model
// can tell what it is told from what it is shown, and no passage can end its own block.

export type Passage = { readonly source: string; readonly text: string };

const OPEN = '<passage source="';
const BEGIN = '">\n';
const CLOSE = '</passage>';
const END = `\n${CLOSE}`;
const ESCAPED_CLOSE = '<\\/passage>';
/** A longer name is cut: what names a passage is no text. */
const LONGEST_SOURCE = 1_000;

/** The block that holds a passage. Read back by `passagesIn`, and by models. */
export const contextBlock = ({ source, text }: Passage): string =>
  `${OPEN}${source.slice(0, LONGEST_SOURCE).replaceAll(/["\n\r]/g, ' ')}${BEGIN}${text.replaceAll(CLOSE, ESCAPED_CLOSE)}${END}`;

export const passagesIn = (text: string): Passage[] =>
  blocksIn(text).map(({ source, inner }) => ({
    source,
    text: inner.replaceAll(ESCAPED_CLOSE, CLOSE),
  }));

export function withoutPassages(text: string): string {
  let rest = '';
  let at = 0;
  for (const { start, end } of blocksIn(text)) {
    rest += text.slice(at, start);
    at = end;
  }
  return (rest + text.slice(at)).trim();
}

type Block = {
  readonly start: number;
  readonly end: number;
  readonly source: string;
  readonly inner: string;
};

/** In one pass: a regular expression would look for the end again from every beginning that has none. */
function blocksIn(text: string): Block[] {
  const blocks: Block[] = [];
  let [begin, close] = [-1, -1];
  for (let start = text.indexOf(OPEN); start >= 0;) {
    if (begin < start) begin = text.indexOf(BEGIN, start + OPEN.length);
    if (begin < 0) return blocks;
    if (close < begin) close = text.indexOf(END, begin + BEGIN.length - 1);
    if (close < 0) return blocks;
    const source = text.slice(start + OPEN.length, begin);
    const isBlock = source.length <= LONGEST_SOURCE && !/["\n]/.test(source);
    const end = close + END.length;
    if (isBlock) {
      blocks.push({ start, end, source, inner: text.slice(begin + BEGIN.length, close) });
    }
    start = text.indexOf(OPEN, isBlock ? end : start + OPEN.length);
  }
  return blocks;
}
