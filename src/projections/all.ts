import { alerts } from './alerts.ts';
import { apiKeys } from './api-keys.ts';
import { budgetUse } from './budget-use.ts';
import { budgets } from './budgets.ts';
import { cascades } from './cascades.ts';
import { deliveries } from './deliveries.ts';
import { documentComments } from './document-comments.ts';
import type { ConflictFinder } from './conflict-finder.ts';
import { documentConflicts } from './document-conflicts.ts';
import type { DocumentFolds } from './document-folds.ts';
import { documentList } from './document-list.ts';
import { documentSections } from './document-sections.ts';
import { documentSuggestions } from './document-suggestions.ts';
import { documentTimeline } from './document-timeline.ts';
import { documentVersions } from './document-versions.ts';
import { groups } from './groups.ts';
import { identityProviders } from './identity-providers.ts';
import { members } from './members.ts';
import { models } from './models.ts';
import { plans } from './plans.ts';
import type { Projection } from './projection.ts';
import { policies } from './policies.ts';
import { providerKeys } from './provider-keys.ts';
import { providers } from './providers.ts';
import { tenants } from './tenants.ts';
import { webhooks } from './webhooks.ts';
import { usage } from './usage/projection.ts';

/** The views that are made of events alone. */
export const projections: readonly Projection[] = [
  documentList,
  documentTimeline,
  documentVersions,
  documentComments,
  documentSuggestions,
  members,
  groups,
  apiKeys,
  identityProviders,
  tenants,
  plans,
  providers,
  models,
  cascades,
  providerKeys,
  policies,
  usage,
  budgets,
  budgetUse,
  alerts,
  webhooks,
  deliveries,
];

/** Every view there is. What is not in this list is neither built nor found by readers. */
export const everyProjection = (
  folds: DocumentFolds,
  conflicts: ConflictFinder,
): readonly Projection[] => [...projections, documentSections(folds), documentConflicts(conflicts)];
