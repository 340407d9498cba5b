import type { Subject } from '#domain/event.ts';
import type { TenantId } from '#domain/ids.ts';

/** A tenant's key, encrypted by the master key that `masterKeyId` names. */
export type TenantKeyRow = {
  readonly tenant: TenantId;
  /** Counts from 1. */
  readonly version: number;
  readonly masterKeyId: string;
  readonly wrapped: Uint8Array;
};

/** A subject's key, encrypted by its tenant's key. */
export type SubjectKeyRow = {
  readonly tenant: TenantId;
  readonly subject: Subject;
  /** Counts from 1. */
  readonly version: number;
  readonly tenantKeyVersion: number;
  /** `undefined` is a tombstone: the key was destroyed and must never be made again. */
  readonly wrapped: Uint8Array | undefined;
};

/** Names one version of a key: the subject's, or without a subject the tenant's. */
export type KeyRef = {
  readonly tenant: TenantId;
  readonly subject: Subject | undefined;
  readonly version: number;
};

export type FoundKeys = {
  /** Those asked for, and those that wrap the subject keys found. */
  readonly tenantKeys: readonly TenantKeyRow[];
  readonly subjectKeys: readonly SubjectKeyRow[];
};

/** Where wrapped keys are kept: beside the log, never in it, with backups of its own. */
export type KeyStore = {
  newestTenantKey(tenant: TenantId): Promise<TenantKeyRow | undefined>;
  /** Answers the row that is there afterwards: of two processes that add one, both get the first. */
  addTenantKey(row: TenantKeyRow): Promise<TenantKeyRow>;
  newestSubjectKey(tenant: TenantId, subject: Subject): Promise<SubjectKeyRow | undefined>;
  /** As `addTenantKey`; the row that is there may be a tombstone. */
  addSubjectKey(row: SubjectKeyRow & { readonly wrapped: Uint8Array }): Promise<SubjectKeyRow>;
  /** In one step and for any number of tenants; what does not exist is left out. */
  find(refs: readonly KeyRef[]): Promise<FoundKeys>;
  /** Leaves tombstones for every version there is, and one where there was none. */
  destroySubjectKeys(tenant: TenantId, subject: Subject): Promise<void>;
  /** Replaces the wrapping of every tenant key in one transaction; answers how many changed. */
  rewrapTenantKeys(rewrap: (row: TenantKeyRow) => TenantKeyRow): Promise<number>;
};
