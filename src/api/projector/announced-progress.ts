import { laneName } from '#projections/ports.ts';
import type { LocalProgress } from '#projections/progress.ts';
import type { FromProjector } from './messages.ts';

/** Tells the main thread of every move, those of one turn of the event loop together: many lanes move at once. */
export function announcedProgress(
  progress: LocalProgress,
  send: (message: FromProjector) => void,
): LocalProgress {
  let news = new Map<string, bigint | undefined>();
  const tell = (lane: string, position: bigint | undefined) => {
    if (news.size === 0) {
      setImmediate(() => {
        send({ type: 'moved', lanes: news });
        news = new Map();
      });
    }
    news.set(lane, position);
  };
  return {
    ...progress,
    moved: (lane, to) => {
      progress.moved(lane, to);
      tell(laneName(lane), to.position);
    },
    left: (lane) => {
      progress.left(lane);
      tell(laneName(lane), undefined);
    },
  };
}
