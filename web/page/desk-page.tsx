import { useEffect, useState, useSyncExternalStore } from 'react';
import { flushSync } from 'react-dom';
import type { Http } from '#web/api/http.ts';
import type { Desk } from '#web/live/desk.ts';
import { Banners } from './banners.tsx';
import { HistoryPanel } from './history-panel.tsx';
import { Loading, Message } from './messages.tsx';
import { Paper } from './paper.tsx';
import { PastPaper } from './past-paper.tsx';
import { TopBar } from './top-bar.tsx';
import { useNames } from './use-names.ts';

type Props = {
  readonly id: string;
  readonly desk: Desk;
  readonly http: Http;
  readonly onRefused: (words: string) => void;
  readonly onSignOut: () => void;
};

/** A document that is open: the text as it is or was, who is there, and its history. */
export function DeskPage({ id, desk, http, onRefused, onSignOut }: Props) {
  const view = useSyncExternalStore(desk.subscribe, desk.view);
  const names = useNames(http, view);
  const [hasHistory, setHasHistory] = useState(false);
  /** The revision that is looked at; `undefined`: the document as it is. */
  const [past, setPast] = useState<number>();
  const { ending, title } = view;

  useEffect(() => {
    document.title = title === '' ? 'Palimpsest' : `${title} – Palimpsest`;
  }, [title]);
  useEffect(() => {
    if (ending?.kind === 'signed-out') onRefused(ending.words);
  }, [ending, onRefused]);

  if (ending?.kind === 'not-found') return <Message title="Not found" words={ending.words} />;
  if (!view.isLoaded) {
    return ending === undefined ? (
      <Loading isAway={view.isAway} />
    ) : (
      <Message title="Closed" words={ending.words} />
    );
  }

  const say = (words: string, isBad?: boolean) => desk.say(words, isBad);
  const backToNow = () => {
    // What is hidden takes no focus.
    flushSync(() => setPast(undefined));
    desk.editor.focus();
  };
  return (
    <div className={hasHistory ? 'desk with-history' : 'desk'}>
      <TopBar
        view={view}
        desk={desk}
        isPast={past !== undefined}
        hasHistory={hasHistory}
        onHistory={() => {
          setHasHistory(!hasHistory);
          setPast(undefined);
        }}
        onSignOut={onSignOut}
      />
      <Banners view={view} />
      <main className="papers">
        <Paper view={view} desk={desk} isHidden={past !== undefined} />
        {past !== undefined && (
          <PastPaper
            id={id}
            http={http}
            names={names}
            revision={past}
            mayRestore={view.rights.includes('restore')}
            onBack={backToNow}
            onSay={say}
          />
        )}
      </main>
      {hasHistory && (
        <HistoryPanel
          id={id}
          http={http}
          view={view}
          names={names}
          past={past}
          onLook={setPast}
          onSay={say}
        />
      )}
      <p className="visually-hidden" role="status" aria-live="polite">
        {view.notice?.words}
      </p>
    </div>
  );
}
