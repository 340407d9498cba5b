import type { Begun, Wanted } from '#commands/generation/wanted.ts';
import type { Ended, UnderWay, Watched } from '#commands/generation/under-way.ts';
import type { GenerationCommand } from '#domain/generation/decide.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import type { EndedGeneration, OpenGeneration } from '#domain/generation/state.ts';
import type { TenantId } from '#domain/ids.ts';
import type { Action, Principal } from '#domain/rights.ts';
import type { CommandMeta, Handle } from '#api/deps.ts';
import type { AskedTarget } from './targeting.ts';

/** A generation that the caller may see, as its stream says. */
export type SeenGeneration = {
  readonly state: OpenGeneration | EndedGeneration;
  readonly revision: number;
};

/** What the routes of generations need. Throws `Rejected` where the caller may not. */
export type GenerationDeps = {
  /** `target`: the section whose place the answer takes. */
  readonly begin: (wanted: Wanted, meta: CommandMeta, target?: AskedTarget) => Promise<Begun>;
  readonly see: (principal: Principal, id: GenerationId, action: Action) => Promise<SeenGeneration>;
  /** The generation, if this process is at work on it or was a moment ago. Ask `see` first. */
  readonly running: (id: GenerationId) => UnderWay | undefined;
  /** The same of another process, from a part on, if what it showed is kept. Ask `see` first. */
  readonly elsewhere: (
    principal: Principal,
    id: GenerationId,
    seen: SeenGeneration,
    from: number,
  ) => Promise<Watched | undefined>;
  readonly cancel: (principal: Principal, id: GenerationId) => Promise<Ended>;
  readonly handle: Handle<GenerationId, GenerationCommand>;
  /** Whether a task has this name, so that its models are tried in order. */
  readonly isTask: (name: string) => Promise<boolean>;
  /** Names that the OpenAI-compatible API knows: models that this tenant can use, and cascades. */
  readonly names: (tenant: TenantId) => Promise<readonly NamedModel[]>;
};

export type NamedModel = {
  readonly name: string;
  readonly owner: string;
  readonly publishedAt: string;
};
