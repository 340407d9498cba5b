import type { TenantId } from '#domain/ids.ts';

/** Runs work as a tenant, whoever asks: the platform's keys are sealed with the platform's. */
export type InTenant = <T>(tenant: TenantId, work: () => T) => T;
