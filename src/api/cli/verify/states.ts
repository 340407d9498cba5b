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
import { freeDocument, baseOf, contentOf } from '#domain/document/reading.ts';
import type { LivingDocument } from '#domain/document/state.ts';
import type { Ledger } from '#domain/document/undo/ledger.ts';
import { ledgerFromBytes, ledgerToBytes } from '#domain/document/undo/ledger-bytes.ts';
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
import type { StreamKind } from '#domain/stream.ts';
import { suggestionAggregate } from '#domain/suggestion/decide.ts';
import { tenantAggregate } from '#domain/tenant/decide.ts';
import { webhookAggregate } from '#domain/webhook/decide.ts';

export type AnyAggregate = Aggregate<unknown, unknown, DomainEvent>;

const byKind = {
  tenant: tenantAggregate,
  plan: planAggregate,
  provider: providerAggregate,
  model: modelAggregate,
  cascade: cascadeAggregate,
  'provider-key': providerKeyAggregate,
  policy: policyAggregate,
  member: memberAggregate,
  group: groupAggregate,
  'api-key': apiKeyAggregate,
  'identity-provider': identityProviderAggregate,
  document: documentAggregate,
  actor: actorAggregate,
  comment: commentAggregate,
  suggestion: suggestionAggregate,
  generation: generationAggregate,
  budget: budgetAggregate,
  alert: alertAggregate,
  webhook: webhookAggregate,
  delivery: deliveryAggregate,
  projection: projectionAggregate,
} satisfies Record<StreamKind, object>;

// Whoever replays hands each aggregate its own events only, whatever their type says.
export const aggregateOf = (kind: StreamKind | undefined): AnyAggregate | undefined =>
  kind && (byKind[kind] as unknown as AnyAggregate);

/** A state as plain data: two ways to it may have left Automerge's own memory in two ways. */
export function comparable(state: unknown): unknown {
  if (!isDocument(state)) return state;
  const { content: _, ledger, ...rest } = state;
  const { heads, sections } = baseOf(state, 0);
  const content = contentOf(state);
  return { ...rest, heads, sections, content, ledger: withinReach(ledger) };
}

/** A snapshot forgets which group it was that undo no longer reaches; a replay need not. */
const withinReach = (ledger: Ledger): Ledger => ledgerFromBytes(ledgerToBytes(ledger));

/** Documents hold memory that the garbage collector does not see. */
export function letGo(state: unknown): void {
  if (isDocument(state)) freeDocument(state);
}

const isDocument = (state: unknown): state is LivingDocument =>
  typeof state === 'object' && state !== null && 'content' in state && 'actorSeed' in state;
