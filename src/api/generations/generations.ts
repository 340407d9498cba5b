import type { Registry } from 'prom-client';
import { answerCache } from '#commands/generation/answer-cache.ts';
import { budgetBooks } from '#commands/generation/budget-books.ts';
import { generating } from '#commands/generation/generate.ts';
import { keepingParts } from '#commands/generation/kept-parts.ts';
import { offerAnswer } from '#commands/generation/offer-answer.ts';
import { recentlyClosed } from '#commands/generation/recently-closed.ts';
import { settlingLost } from '#commands/generation/settle-lost.ts';
import type { Reaction } from '#commands/reaction.ts';
import type { Clock, EventLog, Ids, Sealer } from '#commands/ports.ts';
import { recentHistory } from '#commands/recent-history.ts';
import type { Aggregates } from '#api/aggregates.ts';
import type { AnchoringDeps, DocumentDeps } from '#api/document-deps.ts';
import type { Config } from '#api/config.ts';
import { modelCatalogue } from './model-catalogue.ts';
import { policyFilters } from './policy-filters.ts';
import { adminModelHealthRoutes } from '#api/routes/admin-model-health.ts';
import { generationRoutes } from '#api/routes/generations/routes.ts';
import { openaiRoutes } from '#api/routes/openai/routes.ts';
import type { viewQueries } from '#api/view-queries.ts';
import { mustBeVisible } from '#domain/generation/decide.ts';
import { CascadeId, PLATFORM, type TenantId } from '#domain/ids.ts';
import { rolesOf } from '#domain/member/state.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { accounting } from './accounting.ts';
import { budgeting } from './budgeting.ts';
import { callingOff } from './calling-off.ts';
import { resuming } from './resuming.ts';
import { entitlements } from './entitlements.ts';
import { openSharedState } from './shared-state.ts';
import type { GenerationDeps } from './generation-deps.ts';
import { namedModels } from './named-models.ts';
import { targeting } from './targeting.ts';

type Ports = {
  readonly streams: Aggregates;
  readonly queries: ReturnType<typeof viewQueries>;
  readonly documents: DocumentDeps & AnchoringDeps;
  readonly log: EventLog;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly config: Pick<Config, 'redisUrl'>;
  readonly metrics: Registry;
  readonly warn: (message: string, error?: unknown) => void;
};

/** Generations with all that they need: models, budgets, and what ends them when nobody else does. */
export function generations(ports: Ports) {
  const { streams, log, sealer, clock, ids, warn } = ports;
  const catalogue = modelCatalogue(ports);
  const { handle, history } = streams.generations;
  const cascades = recentHistory(streams.cascades.history, clock);
  const budgets = { budgets: streams.budgets.handle, budgetHistory: streams.budgets.history };
  const books = budgetBooks({ log, sealer, ...budgets });
  const shared = openSharedState({ ...ports, ...ports.config, books });
  const { admission, breakers, calls, answerStore, partStore, callOffs, degraded, close } = shared;
  const keptParts = partStore && keepingParts({ sealer, store: partStore, clock, warn });
  const lost = settlingLost({
    log,
    generations: handle,
    admission,
    clock,
    onError: (error) => warn('lost generations are looked for again', error),
  });
  const entitled = entitlements(streams, clock);
  const entitlement = entitled.of;
  const ofBudgets = budgeting({ ...ports, admission, entitlement });
  const accounts = accounting({ ...ports, ...ofBudgets, admission, entitlement });
  const { begin, running, stop } = generating({
    generations: handle,
    generationHistory: history,
    admission,
    breakers: recentlyClosed(breakers, clock),
    calls,
    answers: answerCache({ sealer, store: answerStore, clock }),
    keptParts,
    catalogue,
    entitlement,
    claimsOf: ofBudgets.claimsOf,
    filterFor: policyFilters(ports.queries, clock),
    clock,
    ids,
    aboutToHold: lost.watch,
    warn,
  });

  const see: GenerationDeps['see'] = async (principal, id, action) => {
    const { state, revision } = await history.newest(principal.tenant, id);
    return { state: mustBeVisible(state, principal, action), revision };
  };

  const target = targeting(ports.documents);
  const calledOff = callingOff({ callOffs, running, see, clock });
  const deps: GenerationDeps = {
    begin: async (wanted, meta, asked) =>
      await begin(asked ? await target(meta.principal, asked, wanted) : wanted, meta),
    running,
    elsewhere: resuming({ keptParts, see, clock }),
    see,
    handle,
    cancel: calledOff.cancel,
    isTask: async (name) => {
      const id = CascadeId.safeParse(name).data;
      if (id === undefined) return false;
      return (await cascades.newest(PLATFORM, id)).revision >= 0;
    },
    names: async (tenant) => await namedModels(ports.queries, catalogue, tenant),
  };
  return {
    reactions: [offering(ports)],
    limits: {
      of: ofBudgets.limitsOf,
      windowsOf: ofBudgets.windowsOf,
      /** The next one to ask is told what its stream says now. */
      forget: (tenant: TenantId, id: string): void => {
        entitled.forget(tenant, id);
        ofBudgets.forget(tenant, id);
      },
    },
    forecast: accounts.forecast,
    featuresOf: async (tenant: TenantId) => (await entitlement(tenant)).features,
    seed: catalogue.seed,
    controlRoutes: [
      ...catalogue.controlRoutes,
      adminModelHealthRoutes({ breakers, calls, view: ports.queries.models }),
      ...accounts.controlRoutes,
    ],
    dataRoutes: [
      ...catalogue.dataRoutes,
      generationRoutes(deps),
      openaiRoutes(deps, clock),
      ...accounts.dataRoutes,
      ofBudgets.routes,
    ],
    degraded,
    /** Looks for what nobody is at work on any more. */
    start: lost.start,
    /** Calls off what is under way. */
    stop: async () => {
      await Promise.all([lost.stop(), stop()]);
      calledOff.close();
      await close();
    },
  };
}

/** Brings answers to their places with the rights that their members have then. */
const offering = ({ streams, queries, documents }: Ports): Reaction =>
  offerAnswer({
    generationHistory: streams.generations.history,
    suggestions: streams.suggestions.handle,
    edit: (id, what, request) =>
      runAsTenant(request.tenant, () => documents.edit(id, what, request)),
    principalOf: async (tenant, member) => ({
      tenant,
      member,
      roles: rolesOf((await streams.members.history.newest(tenant, member)).state),
      groups: await runAsTenant(tenant, () => queries.groups.of(tenant, member)),
    }),
    anchor: async (principal, { document, section, count, revision }) =>
      await runAsTenant(principal.tenant, async () => {
        await documents.rightsOn(principal, document);
        const range = { section, at: 0, count };
        return await documents.anchor(principal, document, range, revision);
      }),
  });
