import { useEffect, useState } from 'react';
import type { Http } from '#web/api/http.ts';
import type { Blame, Run } from '#web/api/shapes.ts';
import { colourOf } from '#web/live/colours.ts';
import { inWords } from '#web/live/words.ts';
import { momentOf } from './entry-words.ts';
import type { Names } from './use-names.ts';

/** Whoever drags the scrubber wants the revision at which it stops. */
const PAUSE_MS = 60;

type Props = {
  readonly id: string;
  readonly http: Http;
  readonly names: Names;
  readonly revision: number;
  readonly mayRestore: boolean;
  readonly onBack: () => void;
  readonly onSay: (words: string, isBad?: boolean) => void;
};

/** The document as it once was, in the colours of those who wrote it. */
export function PastPaper(props: Props) {
  const { id, http, names, revision, mayRestore, onBack, onSay } = props;
  const [blame, setBlame] = useState<Blame>();
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    const abort = new AbortController();
    const look = async () => {
      const path = `/v1/documents/${id}/blame?at=revision:${revision}`;
      setBlame(await http.get<Blame>(path, abort.signal));
      setProblem(undefined);
    };
    const timer = setTimeout(() => {
      look().catch((error: unknown) => {
        if (!abort.signal.aborted) setProblem(inWords(error));
      });
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [http, id, revision]);

  const restore = () => {
    const asked = http.post(`/v1/documents/${id}/restore`, { at: `revision:${revision}` });
    asked.then(
      () => {
        onSay(`The document reads as at revision ${revision}.`);
        onBack();
      },
      (error: unknown) => onSay(inWords(error), true),
    );
  };

  const runs = blame?.sections.flatMap(({ runs }) => runs) ?? [];
  const isOther = blame?.revision !== revision;
  return (
    <section className="paper past" aria-label={`Revision ${revision}`} aria-busy={isOther}>
      <div className="past-bar">
        <p>
          Revision {revision}
          {blame !== undefined && !isOther && `, ${momentOf(blame.recordedAt)}`}
        </p>
        <span className="actions">
          {mayRestore && (
            <button type="button" onClick={restore}>
              Restore this
            </button>
          )}
          <button type="button" className="primary" onClick={onBack}>
            Back to now
          </button>
        </span>
      </div>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <Authors runs={runs} names={names} />
      <div className="past-text" data-revision={blame?.revision}>
        {runs.map((run, at) => (
          <span
            key={at}
            className={`written-by person-${colourOf(run.author)}`}
            title={`${names(run.author)}, ${momentOf(run.at)}`}
          >
            {run.text}
          </span>
        ))}
      </div>
    </section>
  );
}

function Authors({ runs, names }: { readonly runs: readonly Run[]; readonly names: Names }) {
  const authors = [...new Set(runs.map(({ author }) => author))];
  return (
    <ul className="authors" aria-label="Written by">
      {authors.map((author) => (
        <li key={author}>
          <span className={`written-by person-${colourOf(author)}`}>{names(author)}</span>
        </li>
      ))}
    </ul>
  );
}
