import type { TenantId } from '#domain/ids.ts';
import type { History, Past } from './history.ts';
import type { Clock } from './ports.ts';

type Newest<State> = Pick<History<State>, 'newest'>;
type Known<State> = { readonly past: Promise<Past<State>>; readonly until: number };

/**
 * The newest state of a moment ago, for data that every request asks for and that changes once a
 * month: without this each generation would read the log three or four times more. What changed,
 * here or in another process, is seen after `forMs`. Only for states that are values.
 */
export function recentHistory<State>(
  { newest }: Newest<State>,
  clock: Pick<Clock, 'now'>,
  { forMs = 2_000, most = 10_000 } = {},
): Newest<State> & {
  /** What was just changed here is asked for anew. */
  readonly forget: (tenant: TenantId, id: string) => void;
} {
  /** Oldest first, as everything stays for the same time. */
  const known = new Map<string, Known<State>>();

  const dropOld = (now: number): void => {
    for (const [name, { until }] of known) {
      // A clock that was set back must not lengthen anything's time.
      const isCurrent = until > now && until <= now + forMs;
      if (isCurrent && known.size <= most) return;
      known.delete(name);
    }
  };

  const ask = (name: string, tenant: TenantId, id: string, now: number): Promise<Past<State>> => {
    const past = newest(tenant, id);
    const entry = { past, until: now + forMs };
    known.set(name, entry);
    // A failure is an answer to those who wait for it now, and to nobody later.
    past.catch(() => {
      if (known.get(name) === entry) known.delete(name);
    });
    return past;
  };

  return {
    newest: async (tenant, id) => {
      const now = clock.now().getTime();
      dropOld(now);
      const name = `${tenant}/${id}`;
      return await (known.get(name)?.past ?? ask(name, tenant, id, now));
    },
    forget: (tenant, id) => void known.delete(`${tenant}/${id}`),
  };
}
