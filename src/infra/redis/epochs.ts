import { LRUCache } from 'lru-cache';
import { AdmissionUnavailable, type Books } from '#commands/admission.ts';
import type { TenantId } from '#domain/ids.ts';
import type { Reply } from './connection.ts';
import type { Rebuild } from './rebuild.ts';

/** Known epochs of so many tenants; one that is forgotten costs one more round trip. */
const REMEMBERED = 10_000;
/** More changes of epoch than this within one step are no accident. */
const MOST_MOVES = 20;

export type Epochs = {
  /** Runs a step in the current epoch of the tenant, whose counters are built first where needed. */
  within(
    tenant: TenantId,
    step: (epoch: string) => Promise<Reply>,
  ): Promise<{
    readonly reply: Reply;
    readonly epoch: string;
  }>;
  /** Builds the counters anew although this epoch has some. */
  replace(tenant: TenantId, epoch: string): Promise<void>;
};

export function epochs(rebuild: Rebuild, books: Pick<Books, 'isNewest'>): Epochs {
  const known = new LRUCache<TenantId, string>({ max: REMEMBERED });
  const underWay = new Map<TenantId, Promise<string>>();

  /** One rebuild at a time in this process; the lock in Redis is for the others. */
  const rebuilt = async (tenant: TenantId): Promise<string> => {
    const running = underWay.get(tenant) ?? rebuild(tenant).finally(() => underWay.delete(tenant));
    underWay.set(tenant, running);
    return await running;
  };

  /** Others may have counted since, in process or in another Redis, while this one stood still. */
  const found = async (tenant: TenantId, epoch: string): Promise<string> =>
    (await books.isNewest(tenant, epoch)) ? epoch : await rebuild(tenant, epoch);

  return {
    within: async (tenant, step) => {
      for (let moves = 0; moves < MOST_MOVES; moves++) {
        const epoch = known.get(tenant) ?? '';
        const reply = await step(epoch);
        if (reply[0] === 'moved') known.set(tenant, await found(tenant, String(reply[1])));
        else if (reply[0] === 'closed') known.set(tenant, await rebuilt(tenant));
        else return { reply, epoch };
      }
      throw new AdmissionUnavailable('the counters are lost again and again');
    },
    replace: async (tenant, epoch) => {
      known.set(tenant, await rebuild(tenant, epoch));
    },
  };
}
