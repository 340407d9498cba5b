import { useEffect, useState } from 'react';
import type { DeskView, Notice } from '#web/live/desk-view.ts';

const SHOWN_MS = 5_000;

/** What everybody must see: that there is no connection, what was refused, what may not be done. */
export function Banners({ view }: { readonly view: DeskView }) {
  const { ending, isConnected, isSettled, isKept, rights, lost, notice } = view;
  return (
    <div className="banners">
      {ending !== undefined && (
        <p className="banner bad" role="alert">
          {ending.words}
        </p>
      )}
      {ending === undefined && !isConnected && (
        <p className="banner" role="status">
          {navigator.onLine ? 'Reconnecting…' : 'You are offline.'}{' '}
          {isSettled ? 'You can go on writing.' : unsentInWords(isKept)}
        </p>
      )}
      {isConnected && !view.mayEdit && (
        <p className="banner" role="status">
          {rights.includes('read') && 'You may read this document, and not edit it.'}
        </p>
      )}
      {lost !== undefined && <Lost {...lost} />}
      {notice !== undefined && <Passing key={notice.at} notice={notice} />}
    </div>
  );
}

const unsentInWords = (isKept: boolean): string =>
  isKept
    ? 'What you write is kept on this device and sent when the server is back.'
    : 'Leave this window open: what you write is sent when the server is back.';

function Lost({ words, text }: { readonly words: string; readonly text: string }) {
  const [isCopied, setIsCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setIsCopied(true);
  };
  return (
    <div className="banner bad" role="alert">
      <p>Your last edit was not taken: {words} The document is shown without it.</p>
      <button type="button" onClick={() => void copy()}>
        {isCopied ? 'Copied' : 'Copy the text as you had it'}
      </button>
    </div>
  );
}

/** The live region says it too, so screen readers are not told twice. */
function Passing({ notice: { words, isBad } }: { readonly notice: Notice }) {
  const [isShown, setIsShown] = useState(true);
  useEffect(() => {
    const timer = setTimeout(() => setIsShown(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!isShown) return null;
  return (
    <p className={isBad ? 'passing bad' : 'passing'} aria-hidden="true">
      {words}
    </p>
  );
}
