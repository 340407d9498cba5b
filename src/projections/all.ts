import { apiKeys } from './api-keys.ts';
import { documentList } from './document-list.ts';
import { documentTimeline } from './document-timeline.ts';
import { documentVersions } from './document-versions.ts';
import { groups } from './groups.ts';
import { members } from './members.ts';
import { plans } from './plans.ts';
import type { Projection } from './projection.ts';
import { tenants } from './tenants.ts';

/** Every view there is. What is not in this list is neither built nor found by readers. */
export const projections: readonly Projection[] = [
  documentList,
  documentTimeline,
  documentVersions,
  members,
  groups,
  apiKeys,
  tenants,
  plans,
];
