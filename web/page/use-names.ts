import { useEffect, useMemo, useState } from 'react';
import type { Http } from '#web/api/http.ts';
import type { Member, Page } from '#web/api/shapes.ts';
import type { DeskView } from '#web/live/desk-view.ts';

export type Names = (member: string) => string;

/** What members are called: as the tenant knows them, where that may be read; else as they say. */
export function useNames(http: Http, { people, self, isConnected }: DeskView): Names {
  const [members, setMembers] = useState<readonly Member[]>([]);
  const [met, setMet] = useState<Readonly<Record<string, string>>>({});

  useEffect(() => {
    if (!isConnected) return;
    const all = http.get<Page<Member>>('/v1/members?limit=200');
    // Most may not list the members, and do without.
    all.then(({ items }) => setMembers(items)).catch(() => undefined);
  }, [http, isConnected]);

  // Who has left still wrote what they wrote.
  useEffect(() => {
    setMet((met) => ({
      ...met,
      ...Object.fromEntries(people.map((one) => [one.member, one.name])),
    }));
  }, [people]);

  return useMemo(() => {
    const known = new Map(members.flatMap(({ id, name }) => (name === null ? [] : [[id, name]])));
    if (self !== undefined && !known.has(self.member)) known.set(self.member, self.name);
    return (member) => known.get(member) ?? met[member] ?? `Member ${member.slice(0, 4)}`;
  }, [members, met, self]);
}
