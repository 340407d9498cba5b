import { type KeyboardEvent, useEffect, useState } from 'react';
import type { Desk } from '#web/live/desk.ts';
import type { DeskView } from '#web/live/desk-view.ts';
import { People } from './people.tsx';

type Props = {
  readonly view: DeskView;
  readonly desk: Desk;
  readonly isPast: boolean;
  readonly hasHistory: boolean;
  readonly onHistory: () => void;
  readonly onSignOut: () => void;
};

export function TopBar({ view, desk, isPast, hasHistory, onHistory, onSignOut }: Props) {
  const mayUndo = view.mayEdit && view.isConnected && !isPast;
  return (
    <header className="top-bar">
      <Title view={view} desk={desk} isPast={isPast} />
      <Standing view={view} />
      <People people={view.people} />
      <div className="actions" role="group" aria-label="Document">
        <button
          type="button"
          disabled={!mayUndo}
          aria-keyshortcuts="Control+Z"
          onClick={() => void desk.takeBack('undo')}
        >
          Undo
        </button>
        <button
          type="button"
          disabled={!mayUndo}
          aria-keyshortcuts="Control+Shift+Z"
          onClick={() => void desk.takeBack('redo')}
        >
          Redo
        </button>
        <button
          type="button"
          aria-expanded={hasHistory}
          aria-controls={hasHistory ? 'history' : undefined}
          onClick={onHistory}
        >
          History
        </button>
        <button type="button" className="plain" onClick={onSignOut}>
          Sign out
        </button>
      </div>
    </header>
  );
}

type TitleProps = Pick<Props, 'view' | 'desk' | 'isPast'>;

function Title({ view: { title, mayEdit }, desk, isPast }: TitleProps) {
  const [typed, setTyped] = useState(title);
  const [isTyping, setIsTyping] = useState(false);
  // Who renames it at the same time does not take the words out of one's hands.
  useEffect(() => {
    if (!isTyping) setTyped(title);
  }, [isTyping, title]);
  const done = () => {
    setIsTyping(false);
    desk.rename(typed);
  };
  const keyed = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter') desk.editor.focus();
    if (event.key === 'Escape') setTyped(title);
  };
  return (
    <h1 className="title">
      <input
        aria-label="Title"
        value={typed}
        maxLength={500}
        readOnly={!mayEdit || isPast}
        onChange={({ target }) => setTyped(target.value)}
        onFocus={() => setIsTyping(true)}
        onBlur={done}
        onKeyDown={keyed}
      />
    </h1>
  );
}

function Standing({ view: { isConnected, isSettled, mayEdit } }: Pick<Props, 'view'>) {
  const [kind, words] = !isConnected
    ? ['offline', 'Offline']
    : !mayEdit
      ? ['reading', 'Reading only']
      : isSettled
        ? ['saved', 'Saved']
        : ['saving', 'Saving…'];
  return (
    <span className={`standing ${kind}`} data-standing={kind}>
      {words}
    </span>
  );
}
