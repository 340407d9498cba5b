/** Where a stream ends, as the last append in this process learned it. */
export type Tip = { readonly revision: number; readonly recordedAt: string | undefined };

type Lane = { tip: Tip | undefined; waiting: number; last: Promise<unknown> };

/**
 * One append to a stream at a time: the next one knows its place before it is sealed. A lane is
 * kept only while someone waits in it, so what it knows is never older than that.
 */
export function lanes() {
  const byStream = new Map<string, Lane>();
  return async <T>(stream: string, work: (lane: { tip: Tip | undefined }) => Promise<T>) => {
    const lane = byStream.get(stream) ?? { tip: undefined, waiting: 0, last: Promise.resolve() };
    byStream.set(stream, lane);
    lane.waiting += 1;
    const turn = lane.last.then(async () => await work(lane));
    lane.last = turn
      .catch(() => undefined)
      .finally(() => {
        lane.waiting -= 1;
        if (lane.waiting === 0) byStream.delete(stream);
      });
    return await turn;
  };
}
