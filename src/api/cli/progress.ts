/** Shows how far long work has come: one line that changes on a terminal, now and then a line in a pipe. */
export type Progress = {
  /** `done` of `total`, in what is counted. */
  at(done: number, total: number): void;
  /** Says something in between. */
  say(line: string): void;
  end(): void;
};

const TERMINAL_MS = 100;
const PIPE_MS = 5_000;
/** The rate is that of the last moments, not of all since the start. */
const WINDOW_MS = 5_000;

type Moment = { readonly ms: number; readonly done: number };

export const silent: Progress = { at: () => undefined, say: () => undefined, end: () => undefined };

export function progressOn(stream: NodeJS.WriteStream, counted: string): Progress {
  const everyMs = stream.isTTY ? TERMINAL_MS : PIPE_MS;
  const moments: Moment[] = [];
  let shownAt = performance.now();
  let isLineOpen = false;

  const clear = () => {
    if (isLineOpen) stream.write('\r\u001B[K');
    isLineOpen = false;
  };

  return {
    at: (done, total) => {
      const ms = performance.now();
      const first = moments[0] ?? { ms, done };
      if (moments.length === 0) moments.push(first);
      if (ms - shownAt < everyMs && done < total) return;
      shownAt = ms;
      moments.push({ ms, done });
      while ((moments[1]?.ms ?? ms) < ms - WINDOW_MS) moments.shift();
      const line = lineOf(counted, done, total, rateOf(moments));
      if (stream.isTTY) {
        stream.write(`\r${line}\u001B[K`);
        isLineOpen = true;
      } else stream.write(`${line}\n`);
    },
    say: (line) => {
      clear();
      stream.write(`${line}\n`);
    },
    end: () => {
      if (isLineOpen) stream.write('\n');
      isLineOpen = false;
    },
  };
}

function rateOf(moments: readonly Moment[]): number {
  const [first] = moments;
  const last = moments.at(-1);
  if (!first || !last || last.ms === first.ms) return 0;
  return (1_000 * (last.done - first.done)) / (last.ms - first.ms);
}

const number = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

function lineOf(counted: string, done: number, total: number, rate: number): string {
  const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
  const left = rate > 0 && done < total ? `, ${number.format((total - done) / rate)} s left` : '';
  const speed = rate > 0 ? `, ${number.format(rate)}/s` : '';
  return `${number.format(done)} of ${number.format(total)} ${counted} (${percent} %)${speed}${left}`;
}
