import type { Admission } from '#commands/admission.ts';
import type { FilterFor } from '#commands/filter/filter-port.ts';
import type { Handle } from '#commands/handle.ts';
import type { History } from '#commands/history.ts';
import type { Clock, Ids } from '#commands/ports.ts';
import type { Limits } from '#domain/budget/limits.ts';
import type { Zones } from '#domain/budget/windows.ts';
import type { GenerationCommand } from '#domain/generation/decide.ts';
import type { Target } from '#domain/generation/events.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import type { Prompt } from '#domain/generation/prompt.ts';
import type { Generation } from '#domain/generation/state.ts';
import type { CascadeId, ModelId, TenantId } from '#domain/ids.ts';
import type { AnswerCache, CacheWish } from './answer-cache.ts';
import type { Breakers } from './breaker-port.ts';
import type { KeptPartsOf } from './kept-parts.ts';
import type { ModelCalls } from './model-calls.ts';
import type { Catalogue } from './candidates.ts';
import type { ClaimsOf } from './claims.ts';
import type { Ended, UnderWay } from './under-way.ts';

/** What a tenant may use, as its plan says now. */
export type Entitlement = {
  readonly limits: Limits;
  readonly models: readonly string[];
  readonly features: readonly string[];
  readonly zones: Zones;
  readonly region: string | undefined;
};

export type GeneratePorts = {
  readonly generations: Handle<Generation, GenerationCommand>;
  readonly generationHistory: Pick<History<Generation>, 'newest' | 'expectNew'>;
  readonly admission: Admission;
  readonly breakers: Breakers;
  readonly calls: ModelCalls;
  readonly answers: AnswerCache;
  /** What other processes go on with, where they can be reached. */
  readonly keptParts?: KeptPartsOf | undefined;
  readonly catalogue: Catalogue & {
    readonly cascade: (id: CascadeId) => Promise<readonly ModelId[]>;
  };
  readonly entitlement: (tenant: TenantId) => Promise<Entitlement>;
  readonly claimsOf: ClaimsOf;
  /** Under the policies that are in force now; asked for once a generation. */
  readonly filterFor: FilterFor;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'uuid' | 'random'>;
  /** Told before a hold is made: it may be all that is left of this. */
  readonly aboutToHold: (tenant: TenantId) => void;
  readonly warn: (message: string, error: unknown) => void;
};

export type Wanted = {
  readonly prompt: Prompt;
  /** A task's cascade, or one model. */
  readonly by: { readonly task: CascadeId } | { readonly model: ModelId };
  /** An answer may be as short as this where the budget allows no longer one. */
  readonly minTokens?: number | undefined;
  /** Whether an answer that is there already will do. Without it nothing is looked for or kept. */
  readonly cache?: CacheWish | undefined;
  readonly target?: Target | undefined;
  /** The client may come back for it. */
  readonly resumable: boolean;
  /** Nobody reads it before its end. */
  readonly canTakeBack: boolean;
  readonly timeoutMs: number;
};

/** A generation that is under way in this process, or that has ended. */
export type Begun = { readonly id: GenerationId } & (
  | { readonly running: UnderWay }
  | { readonly ended: Ended }
);
