import type { Entry } from '#web/api/shapes.ts';
import { colourOf } from '#web/live/colours.ts';
import { happenedInWords, momentOf } from './entry-words.ts';
import type { HistoryProps } from './history-panel.tsx';
import type { TimelineOf } from './use-timeline.ts';

type Props = HistoryProps & TimelineOf;

export function Timeline({ entries, hasMore, more, names, view, past, onLook }: Props) {
  const newest = Math.max(view.revision, entries[0]?.revision ?? 0);
  const shown = past ?? newest;
  const look = (revision: number) => onLook(revision >= newest ? undefined : revision);
  const at = entries.find(({ revision }) => revision === shown);
  const said = at === undefined ? '' : `, ${names(at.actor)}, ${momentOf(at.recordedAt)}`;
  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      <label className="scrubber">
        <span>{past === undefined ? 'As it is now' : `Revision ${past} of ${newest}`}</span>
        <input
          type="range"
          min={0}
          max={newest}
          value={shown}
          aria-label="Revision"
          aria-valuetext={past === undefined ? 'Now' : `Revision ${past}${said}`}
          onChange={({ target }) => look(Number(target.value))}
        />
      </label>
      <ol className="entries" reversed>
        {entries.map((entry) => (
          <EntryShown
            key={entry.revision}
            entry={entry}
            name={names(entry.actor)}
            isShown={entry.revision === shown}
            onLook={() => look(entry.revision)}
          />
        ))}
      </ol>
      {hasMore && (
        <button type="button" className="plain" onClick={more}>
          Show older
        </button>
      )}
    </section>
  );
}

type EntryProps = {
  readonly entry: Entry;
  readonly name: string;
  readonly isShown: boolean;
  readonly onLook: () => void;
};

function EntryShown({ entry, name, isShown, onLook }: EntryProps) {
  const { actor, inEffect, recordedAt, inserted, deleted } = entry;
  return (
    <li className={inEffect === false ? 'entry undone' : 'entry'}>
      <button type="button" aria-current={isShown ? 'true' : undefined} onClick={onLook}>
        <span className={`dot person-${colourOf(actor)}`} aria-hidden="true" />
        <span className="who">{name}</span>
        <span className="what">{happenedInWords(entry)}</span>
        <span className="size">
          {inserted > 0 && <ins>+{inserted}</ins>} {deleted > 0 && <del>−{deleted}</del>}
        </span>
        <time dateTime={recordedAt}>{momentOf(recordedAt)}</time>
      </button>
    </li>
  );
}
