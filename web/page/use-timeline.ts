import { useCallback, useEffect, useRef, useState } from 'react';
import type { Http } from '#web/api/http.ts';
import type { Entry, Page } from '#web/api/shapes.ts';

/** The list lags a little behind what happened, and typing is many revisions. */
const PAUSE_MS = 400;

export type TimelineOf = {
  /** Newest first. */
  readonly entries: readonly Entry[];
  readonly hasMore: boolean;
  readonly more: () => void;
};

/** The timeline of a document, read again when it is at another revision. */
export function useTimeline(http: Http, id: string, revision: number): TimelineOf {
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const [next, setNext] = useState<string>();

  /** Whoever is waited for reads all of it; to wait anew would never end while people type. */
  const isDue = useRef(false);

  const read = useCallback(
    async (cursor?: string) => {
      const query = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      return await http.get<Page<Entry>>(`/v1/documents/${id}/timeline?limit=50${query}`);
    },
    [http, id],
  );

  useEffect(() => {
    if (isDue.current) return;
    isDue.current = true;
    const newest = async () => {
      isDue.current = false;
      const page = await read();
      setEntries((known) => [...page.items, ...olderThan(page.items, known)]);
      setNext((cursor) => cursor ?? page.next);
    };
    setTimeout(() => newest().catch(() => undefined), PAUSE_MS);
  }, [read, revision]);

  const more = () => {
    const older = async () => {
      const page = await read(next);
      setEntries((known) => [...known, ...olderThan(known, page.items)]);
      setNext(page.next);
    };
    older().catch(() => undefined);
  };
  return { entries, hasMore: next !== undefined, more };
}

const olderThan = (newer: readonly Entry[], entries: readonly Entry[]): readonly Entry[] => {
  const oldest = newer.at(-1)?.revision ?? Infinity;
  return entries.filter(({ revision }) => revision < oldest);
};
