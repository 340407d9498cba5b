import { useEffect, useRef } from 'react';
import type { Desk } from '#web/live/desk.ts';
import type { DeskView } from '#web/live/desk-view.ts';

const MOD = /Mac|iP/.test(navigator.userAgent) ? '⌘' : 'Ctrl+';

type Props = { readonly view: DeskView; readonly desk: Desk; readonly isHidden: boolean };

/** The document as it is. Looking at the past, it stays here, hidden, and hears of everything. */
export function Paper({ desk, isHidden }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    place.current?.append(desk.editor.dom);
    desk.editor.requestMeasure();
  }, [desk]);
  return (
    <section className="paper" hidden={isHidden} aria-label="Document">
      <div ref={place} />
      <p id="keys" className="keys">
        {MOD}Z takes back what you wrote last, {MOD}Shift+Z brings it again. Tab leaves the text.
      </p>
    </section>
  );
}
