import type { EditorView } from '@codemirror/view';
import type { Heard, LiveNews } from '#client/live-options.ts';
import type { ConnectionWatch } from './connection-watch.ts';
import type { DeskView } from './desk-view.ts';
import type { Glimpses } from './glimpses.ts';
import type { SharedText } from './shared-text.ts';
import { endingInWords, refusalInWords } from './words.ts';

/** What of the desk hears the news. */
export type Parts = {
  readonly name: string;
  readonly editor: EditorView;
  readonly text: SharedText;
  readonly glimpses: Glimpses;
  readonly watch: ConnectionWatch;
  /** Whether it is what was just taken back here. */
  readonly isOurs: (heard: Heard) => boolean;
  readonly tell: (view: Partial<DeskView>) => void;
};

/** Brings what the live document tells to the parts of the desk that it concerns. */
export function takeNews(parts: Parts, news: LiveNews): void {
  const { text, glimpses, watch, tell } = parts;
  switch (news.kind) {
    case 'changed':
      if (news.heard !== undefined) text.heard(news.heard, parts.isOurs(news.heard));
      break;
    case 'connected':
      tell({ self: { member: news.member, name: parts.name || 'You' } });
      text.lookAgain();
      text.pending.clear();
      glimpses.welcomed(news);
      tell({ ending: undefined, isAway: false });
      break;
    case 'disconnected':
      watch.answered();
      glimpses.forget();
      tell({ ending: endingInWords(news.code, news.reason), isAway: true });
      break;
    case 'sent':
      watch.asked();
      text.pending.sent(news.n);
      break;
    case 'acknowledged':
      watch.answered();
      text.pending.acknowledged(news.n);
      text.comeToRest();
      glimpses.publish();
      break;
    case 'lost':
      text.forget();
      text.pending.clear();
      tell({
        lost: { words: refusalInWords(news.code), text: parts.editor.state.doc.toString() },
      });
      break;
    case 'glimpse':
      glimpses.saw(news);
      break;
    case 'left':
      glimpses.left(news.session);
      break;
  }
}
