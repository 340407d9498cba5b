import { noneIfErased } from '#commands/none-if-erased.ts';
import type { Clock, Sealer, SealingKey } from '#commands/ports.ts';
import { askedOf } from '#domain/generation/asked.ts';
import { KeptAnswer, SealedAnswer } from '#domain/generation/kept-answer.ts';
import type { Prompt } from '#domain/generation/prompt.ts';
import type { MemberId, TenantId } from '#domain/ids.ts';
import type { Wanted } from './wanted.ts';

/** Sealed answers of each tenant for itself, by names that say nothing of what was asked. */
export type AnswerStore = {
  get(tenant: TenantId, name: string): Promise<string | undefined>;
  /** May be forgotten sooner. */
  put(tenant: TenantId, name: string, sealed: string, keepMs: number): Promise<void>;
};

/** What a client allows. */
export type CacheWish = {
  /** An answer that is older is not fresh. */
  readonly maxAgeMs: number;
  /** An older one is better than none. */
  readonly stale: boolean;
};

/** Where it may be found again: nothing else has this name. */
export type AnswerPlace = { readonly tenant: TenantId; readonly name: string };

const KEPT_MS = 24 * 60 * 60 * 1_000;

export type AnswerCache = ReturnType<typeof answerCache>;

/**
 * Answers to exactly the same request of the same tenant. Names are HMACs under the tenant's key, so
 * that nobody can try prompts against the store; what is stored is sealed with the key of the member
 * who asked first, so that it is gone when that member is erased.
 */
export function answerCache(ports: {
  readonly sealer: Pick<Sealer, 'keyFor' | 'plainKey'>;
  readonly store: AnswerStore;
  readonly clock: Pick<Clock, 'now'>;
}) {
  const { sealer, store, clock } = ports;
  const keyOf = (tenant: TenantId, member: MemberId): Promise<SealingKey | undefined> =>
    sealer.keyFor(tenant, `member:${member}`).catch(noneIfErased);
  const bound = ({ tenant, name }: AnswerPlace) => `answer ${tenant} ${name}`;

  return {
    /** `prompt`: as it was filtered, which is what a model would be asked. */
    placeOf: async (tenant: TenantId, by: Wanted['by'], prompt: Prompt): Promise<AnswerPlace> => {
      const key = await sealer.plainKey(tenant);
      return { tenant, name: key.nameOf(JSON.stringify([tenant, by, askedOf(prompt)])) };
    },
    find: async (place: AnswerPlace): Promise<KeptAnswer | undefined> => {
      const found = await store.get(place.tenant, place.name);
      if (found === undefined) return undefined;
      const { member, sealed } = SealedAnswer.parse(JSON.parse(found));
      const key = await keyOf(place.tenant, member);
      const plain = key?.openBytes(bound(place), Buffer.from(sealed, 'base64'));
      return plain && KeptAnswer.parse(JSON.parse(new TextDecoder().decode(plain)));
    },
    keep: async (
      place: AnswerPlace,
      member: MemberId,
      answered: Omit<KeptAnswer, 'keptAt'>,
    ): Promise<void> => {
      const key = await keyOf(place.tenant, member);
      if (key === undefined) return;
      const text = JSON.stringify({ ...answered, keptAt: clock.now().getTime() });
      const sealed = key.sealBytes(bound(place), new TextEncoder().encode(text));
      const stored = JSON.stringify({ member, sealed: Buffer.from(sealed).toString('base64') });
      await store.put(place.tenant, place.name, stored, KEPT_MS);
    },
  };
}

export const ageOf = ({ keptAt }: KeptAnswer, clock: Pick<Clock, 'now'>): number =>
  Math.max(0, clock.now().getTime() - keptAt);
