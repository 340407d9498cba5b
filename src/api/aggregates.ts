import type { AppendPorts } from '#commands/append-decided.ts';
import { commandHandler } from '#commands/handle.ts';
import { type HeldPorts, heldStreams } from '#commands/held-streams.ts';
import { history } from '#commands/history.ts';
import { keepAnOwner } from '#commands/keep-an-owner.ts';
import type { Ids } from '#commands/ports.ts';
import type { Aggregate } from '#domain/aggregate.ts';
import { actorAggregate } from '#domain/actor/decide.ts';
import { alertAggregate } from '#domain/alert/decide.ts';
import { apiKeyAggregate } from '#domain/api-key/decide.ts';
import { budgetAggregate } from '#domain/budget/decide.ts';
import { cascadeAggregate } from '#domain/cascade/decide.ts';
import { commentAggregate } from '#domain/comment/decide.ts';
import { policyAggregate } from '#domain/compliance/policy/decide.ts';
import { deliveryAggregate } from '#domain/delivery/decide.ts';
import { documentAggregate } from '#domain/document/document.ts';
import type { DomainEvent } from '#domain/event.ts';
import { generationAggregate } from '#domain/generation/decide.ts';
import { groupAggregate } from '#domain/group/decide.ts';
import { identityProviderAggregate } from '#domain/identity-provider/decide.ts';
import { memberAggregate } from '#domain/member/decide.ts';
import { modelAggregate } from '#domain/model/decide.ts';
import { planAggregate } from '#domain/plan/decide.ts';
import { projectionAggregate } from '#domain/projection/decide.ts';
import { providerAggregate } from '#domain/provider/decide.ts';
import { providerKeyAggregate } from '#domain/provider-key/decide.ts';
import { suggestionAggregate } from '#domain/suggestion/decide.ts';
import { tenantAggregate } from '#domain/tenant/decide.ts';
import { webhookAggregate } from '#domain/webhook/decide.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';

export type Aggregates = ReturnType<typeof aggregates>;

/** The command path and the history of every kind of stream. */
export function aggregates(ports: HeldPorts & AppendPorts & { readonly ids: Ids }) {
  const of = <State, Command, Event extends DomainEvent>(
    aggregate: Aggregate<State, Command, Event>,
  ) => {
    const streams = heldStreams(ports, aggregate);
    const handle = commandHandler(ports, aggregate, streams);
    const past = history(ports, aggregate, streams);
    // The operator's requests run in `platform`, and what they ask of a tenant runs in that tenant.
    return {
      handle: ((id, command, request) =>
        runAsTenant(request.tenant, () => handle(id, command, request))) satisfies typeof handle,
      history: {
        newest: (tenant, id) => runAsTenant(tenant, () => past.newest(tenant, id)),
        since: (tenant, id, revision) =>
          runAsTenant(tenant, () => past.since(tenant, id, revision)),
        expectNew: (tenant, id) => past.expectNew(tenant, id),
        at: (tenant, id, point) => runAsTenant(tenant, () => past.at(tenant, id, point)),
        event: (tenant, id, revision) =>
          runAsTenant(tenant, () => past.event(tenant, id, revision)),
      } satisfies typeof past,
      releaseIdle: streams.releaseIdle,
      settled: streams.settled,
    };
  };

  const tenants = of(tenantAggregate);
  const members = of(memberAggregate);
  const others = {
    plans: of(planAggregate),
    providers: of(providerAggregate),
    models: of(modelAggregate),
    cascades: of(cascadeAggregate),
    providerKeys: of(providerKeyAggregate),
    policies: of(policyAggregate),
    groups: of(groupAggregate),
    projections: of(projectionAggregate),
    apiKeys: of(apiKeyAggregate),
    identityProviders: of(identityProviderAggregate),
    documents: of(documentAggregate),
    actors: of(actorAggregate),
    comments: of(commentAggregate),
    suggestions: of(suggestionAggregate),
    generations: of(generationAggregate),
    budgets: of(budgetAggregate),
    alerts: of(alertAggregate),
    webhooks: of(webhookAggregate),
    deliveries: of(deliveryAggregate),
  };
  const keepingAnOwner = keepAnOwner({
    members: members.handle,
    tenants: tenants.handle,
    memberHistory: members.history,
    clock: ports.clock,
  });

  return {
    ...others,
    tenants,
    members: { ...members, handle: keepingAnOwner },
    /** Waits for the snapshots under way. */
    settled: async () => {
      await Promise.all(
        [tenants, members, ...Object.values(others)].map(({ settled }) => settled()),
      );
    },
  };
}
