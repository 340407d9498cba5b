import type { Http } from '#web/api/http.ts';
import type { DeskView } from '#web/live/desk-view.ts';
import { Timeline } from './timeline.tsx';
import type { Names } from './use-names.ts';
import { useTimeline } from './use-timeline.ts';
import { Versions } from './versions.tsx';

export type HistoryProps = {
  readonly id: string;
  readonly http: Http;
  readonly view: DeskView;
  readonly names: Names;
  /** The revision that is looked at; `undefined`: the document as it is. */
  readonly past: number | undefined;
  readonly onLook: (revision: number | undefined) => void;
  readonly onSay: (words: string, isBad?: boolean) => void;
};

export function HistoryPanel(props: HistoryProps) {
  const timeline = useTimeline(props.http, props.id, props.view.revision);
  const namedAt = timeline.entries.find(({ versionName }) => versionName !== null)?.revision;
  return (
    <aside className="history" id="history" aria-label="History">
      <Timeline {...props} {...timeline} />
      <Versions {...props} namedAt={namedAt} />
    </aside>
  );
}
