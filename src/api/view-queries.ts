import type { Transaction } from 'kysely';
import type { BudgetId } from '#domain/budget/ids.ts';
import type { Scope } from '#domain/budget/limits.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import type {
  GroupId,
  IdentityProviderId,
  MemberId,
  PlanId,
  PolicyId,
  TenantId,
} from '#domain/ids.ts';
import type { Views } from '#infra/postgres/projections/views.ts';
import { type AlertsTables, listAlerts } from '#projections/alerts.ts';
import { type ApiKeysTables, listApiKeys } from '#projections/api-keys.ts';
import { type BudgetUseTables, useAround, useIn } from '#projections/budget-use.ts';
import { type BudgetsTables, budgetOf, listBudgets } from '#projections/budgets.ts';
import { type CascadesTables, listCascades } from '#projections/cascades.ts';
import { type DeliveriesTables, deliveriesDue, deliveriesTo } from '#projections/deliveries.ts';
import { type GroupsTables, groupOf, groupsOf, listGroups } from '#projections/groups.ts';
import {
  type IdentityProvidersTables,
  identityProviderOf,
  listIdentityProviders,
} from '#projections/identity-providers.ts';
import { type MembersTables, listMembers, memberByEmail, memberOf } from '#projections/members.ts';
import { type ModelsTables, listModels } from '#projections/models.ts';
import type { PageQuery } from '#projections/page.ts';
import { type PlansTables, listPlans } from '#projections/plans.ts';
import { type PoliciesTables, listPolicies, policyOf } from '#projections/policies.ts';
import { type ProviderKeysTables, listProviderKeys } from '#projections/provider-keys.ts';
import { type ProvidersTables, listProviders } from '#projections/providers.ts';
import { type TenantsTables, listTenants, tenantOf, tenantsOnPlan } from '#projections/tenants.ts';
import { type WebhooksTables, listWebhooks } from '#projections/webhooks.ts';
import type { WebhookId } from '#domain/webhook/ids.ts';
import type { UsageHoursTables } from '#projections/usage/buckets.ts';
import { exportedUsage } from '#projections/usage/exported-usage.ts';
import { usageBy } from '#projections/usage/usage-by.ts';
import { type OutlookTables, usedSoFar } from '#projections/usage/used-so-far.ts';

/** The queries that routes ask, each in the view that it is about. */
export function viewQueries({ read, readEveryTenant }: Views) {
  return {
    members: {
      list: (tenant: TenantId, page: PageQuery) =>
        read((tables: Transaction<MembersTables>) => listMembers(tables, tenant, page)),
      find: (tenant: TenantId, id: MemberId) =>
        read((tables: Transaction<MembersTables>) => memberOf(tables, tenant, id)),
      byEmail: (tenant: TenantId, email: string) =>
        read((tables: Transaction<MembersTables>) => memberByEmail(tables, tenant, email)),
    },
    groups: {
      list: (tenant: TenantId, page: PageQuery) =>
        read((tables: Transaction<GroupsTables>) => listGroups(tables, tenant, page)),
      find: (tenant: TenantId, id: GroupId) =>
        read((tables: Transaction<GroupsTables>) => groupOf(tables, tenant, id)),
      of: (tenant: TenantId, member: MemberId) =>
        read((tables: Transaction<GroupsTables>) => groupsOf(tables, tenant, member)),
    },
    apiKeys: {
      list: (tenant: TenantId, page: PageQuery & { readonly member?: MemberId | undefined }) =>
        read((tables: Transaction<ApiKeysTables>) => listApiKeys(tables, tenant, page)),
    },
    identityProviders: {
      list: (tenant: TenantId, page: PageQuery) =>
        read((tables: Transaction<IdentityProvidersTables>) =>
          listIdentityProviders(tables, tenant, page),
        ),
      find: (tenant: TenantId, id: IdentityProviderId) =>
        read((tables: Transaction<IdentityProvidersTables>) =>
          identityProviderOf(tables, tenant, id),
        ),
    },
    tenants: {
      list: (page: PageQuery) =>
        readEveryTenant((tables: Transaction<TenantsTables>) => listTenants(tables, page)),
      find: (id: TenantId) =>
        readEveryTenant((tables: Transaction<TenantsTables>) => tenantOf(tables, id)),
      onPlan: (plan: PlanId) =>
        readEveryTenant((tables: Transaction<TenantsTables>) => tenantsOnPlan(tables, plan)),
    },
    plans: {
      list: () => read((tables: Transaction<PlansTables>) => listPlans(tables)),
    },
    providers: {
      list: () => read((tables: Transaction<ProvidersTables>) => listProviders(tables)),
    },
    models: {
      list: () => read((tables: Transaction<ModelsTables>) => listModels(tables)),
    },
    cascades: {
      list: () => read((tables: Transaction<CascadesTables>) => listCascades(tables)),
    },
    policies: {
      list: (tenant: TenantId) =>
        read((tables: Transaction<PoliciesTables>) => listPolicies(tables, tenant)),
      find: (tenant: TenantId, id: PolicyId) =>
        read((tables: Transaction<PoliciesTables>) => policyOf(tables, tenant, id)),
    },
    budgets: {
      list: (tenant: TenantId, page: PageQuery) =>
        read((tables: Transaction<BudgetsTables>) => listBudgets(tables, tenant, page)),
      find: (tenant: TenantId, id: BudgetId) =>
        read((tables: Transaction<BudgetsTables>) => budgetOf(tables, tenant, id)),
    },
    budgetUse: {
      around: (tenant: TenantId, generations: readonly GenerationId[]) =>
        read((tables: Transaction<BudgetUseTables>) => useAround(tables, tenant, generations)),
      in: (tenant: TenantId, scope: Scope, windows: readonly string[]) =>
        read((tables: Transaction<BudgetUseTables>) => useIn(tables, tenant, scope, windows)),
    },
    alerts: {
      list: (tenant: TenantId, page: PageQuery) =>
        read((tables: Transaction<AlertsTables>) => listAlerts(tables, tenant, page)),
    },
    webhooks: {
      list: (tenant: TenantId) =>
        read((tables: Transaction<WebhooksTables>) => listWebhooks(tables, tenant)),
    },
    deliveries: {
      to: (tenant: TenantId, webhook: WebhookId) =>
        read((tables: Transaction<DeliveriesTables>) => deliveriesTo(tables, tenant, webhook)),
      due: () => readEveryTenant((tables: Transaction<DeliveriesTables>) => deliveriesDue(tables)),
    },
    providerKeys: {
      list: (tenant: TenantId) =>
        read((tables: Transaction<ProviderKeysTables>) => listProviderKeys(tables, tenant)),
    },
    usage: {
      by: (tenant: TenantId, asked: Parameters<typeof usageBy>[2]) =>
        read((tables: Transaction<UsageHoursTables>) => usageBy(tables, tenant, asked)),
      exported: (tenant: TenantId, asked: Parameters<typeof exportedUsage>[2]) =>
        read((tables: Transaction<UsageHoursTables>) => exportedUsage(tables, tenant, asked)),
      soFar: (tenant: TenantId, asked: Parameters<typeof usedSoFar>[2]) =>
        read((tables: Transaction<OutlookTables>) => usedSoFar(tables, tenant, asked)),
    },
  };
}
