import { type FormEvent, useCallback, useEffect, useId, useState } from 'react';
import type { Version } from '#web/api/shapes.ts';
import { inWords } from '#web/live/words.ts';
import { typedText } from '#web/session/typed-text.ts';
import type { HistoryProps } from './history-panel.tsx';

type Props = HistoryProps & {
  /** When a name was last given or taken, by anybody. */
  readonly namedAt: number | undefined;
};

/** Revisions that have a name: to give one, look at one, bring one back. */
export function Versions({ id, http, view, past, onLook, onSay, namedAt }: Props) {
  const [versions, setVersions] = useState<readonly Version[]>([]);
  const path = `/v1/documents/${id}/versions`;

  const read = useCallback(async () => {
    const { items } = await http.get<{ readonly items: readonly Version[] }>(path);
    setVersions(items.toSorted((one, other) => other.revision - one.revision));
  }, [http, path]);
  useEffect(() => {
    read().catch(() => undefined);
  }, [read, namedAt]);

  const doing = (work: () => Promise<string>) => {
    work().then(
      (words) => onSay(words),
      (error: unknown) => onSay(inWords(error), true),
    );
  };
  const name = (name: string) =>
    doing(async () => {
      await http.post(path, { name, ...(past !== undefined && { revision: past }) });
      await read();
      return `The version “${name}” was named.`;
    });
  const restore = ({ name }: Version) =>
    doing(async () => {
      await http.post(`/v1/documents/${id}/restore`, { at: `version:${name}` });
      onLook(undefined);
      return `The document reads as “${name}” did.`;
    });
  const remove = ({ name }: Version) =>
    doing(async () => {
      await http.remove(`${path}/${encodeURIComponent(name)}`);
      await read();
      return `The name “${name}” was removed; its revision stays.`;
    });

  const [mayName, mayRestore] = [view.rights.includes('version'), view.rights.includes('restore')];
  return (
    <section aria-labelledby="versions">
      <h2 id="versions">Versions</h2>
      {mayName && <NameVersion past={past} onName={name} />}
      {versions.length === 0 && <p className="quiet">No revision has a name yet.</p>}
      <ul className="versions">
        {versions.map((version) => (
          <li key={version.name}>
            <span className="version-name">{version.name}</span>
            <span className="quiet">Revision {version.revision}</span>
            <span className="actions">
              <button type="button" onClick={() => onLook(version.revision)}>
                View<span className="visually-hidden"> {version.name}</span>
              </button>
              {mayRestore && (
                <button type="button" onClick={() => restore(version)}>
                  Restore<span className="visually-hidden"> {version.name}</span>
                </button>
              )}
              {mayName && (
                <button type="button" className="plain" onClick={() => remove(version)}>
                  Remove<span className="visually-hidden"> the name {version.name}</span>
                </button>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

type NamingProps = {
  readonly past: number | undefined;
  readonly onName: (name: string) => void;
};

function NameVersion({ past, onName }: NamingProps) {
  const field = useId();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = typedText(event.currentTarget, 'name');
    if (name === '') return;
    onName(name);
    event.currentTarget.reset();
  };
  return (
    <form className="naming" onSubmit={submit}>
      <label htmlFor={field}>
        {past === undefined ? 'Name the document as it is now' : `Name revision ${past}`}
      </label>
      <input id={field} name="name" required maxLength={200} autoComplete="off" />
      <button type="submit">Name</button>
    </form>
  );
}
