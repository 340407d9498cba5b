import { createHash } from 'node:crypto';
import type { KeyAsked, KeyIssued } from '#commands/issue-api-key.ts';
import type { CommandRequest } from '#commands/handle.ts';
import type { Ids } from '#commands/ports.ts';
import { apiKeyIdOf, keyText, parseApiKey } from '#domain/api-key/key-text.ts';
import {
  type CommandId,
  type DocumentId,
  type MemberId,
  OPERATOR,
  PLATFORM,
  type PlanId,
  type TenantId,
  derivedUuid,
} from '#domain/ids.ts';
import { lengthOf } from '#domain/document/reading.ts';
import { firstOwnerOf } from '#domain/member/state.ts';
import { shippedPlans } from '#domain/plan/shipped-plans.ts';
import type { Principal, Role } from '#domain/rights.ts';
import { hashSecret, newSecret } from '#infra/crypto/api-key.ts';
import type { KeyFiles } from '#infra/home/key-files.ts';
import type { Aggregates } from './aggregates.ts';

/** What a first start leaves to try: its tenant's key is in `keys/demo`. */
export type Demo = { readonly documentId: string };

const demo = 'demo' as TenantId;
const documentId = derivedUuid('demo', 'document') as DocumentId;
const ada = firstOwnerOf(demo);
const grace = derivedUuid('demo', 'grace') as MemberId;
const plan = 'starter' as PlanId;

const MARKDOWN = `# Why a palimpsest

A palimpsest is a page on which every earlier writing can still be read.

## What to try

Edit this page, then look at its timeline: nothing that was written is ever lost.
`;

type Ports = {
  readonly streams: Aggregates;
  readonly issue: (asked: KeyAsked, request: CommandRequest) => Promise<KeyIssued>;
  readonly keys: KeyFiles;
  readonly ids: Pick<Ids, 'bytes'>;
};

/** Publishes the shipped plans that nobody has published yet. */
export async function seedPlans({ plans }: Pick<Aggregates, 'plans'>): Promise<void> {
  for (const command of shippedPlans) {
    const { revision } = await plans.history.newest(PLATFORM, command.planId);
    if (revision < 0)
      await plans.handle(command.planId, command, byOperator(PLATFORM, command.planId));
  }
}

/**
 * A tenant with a document that two people wrote. Every step is a command whose id follows from its
 * name, so a start that was cut off is gone on with by the next.
 */
export async function seedDemo(ports: Ports): Promise<Demo> {
  const { documents, members, tenants } = ports.streams;
  const { state } = await documents.history.newest(demo, documentId);
  const isComplete = 'versions' in state && state.versions.size > 0;
  if (isComplete) return { documentId };

  const register = { type: 'RegisterTenant', tenantId: demo, name: 'Demo', plan } as const;
  await tenants.handle(demo, { ...register, planPublished: true }, byOperator(demo, 'tenant'));
  const owner = { type: 'InviteFirstOwner', name: 'Ada Lovelace' } as const;
  await members.handle(ada, owner, byOperator(demo, 'ada'));
  const editor = { type: 'InviteMember', name: 'Grace Hopper', roles: ['editor'] } as const;
  await members.handle(grace, editor, by(ada, 'owner', 'grace'));
  await issueKey(ports);

  const write = async (who: MemberId, role: Role, step: string, text: string) => {
    const { state } = await documents.history.newest(demo, documentId);
    const at = 'content' in state ? lengthOf(state) : 0;
    const edits = [{ type: 'insertText', at, text }] as const;
    await documents.handle(documentId, { type: 'EditDocument', edits }, by(who, role, step));
  };
  const create = { type: 'CreateDocument', title: 'Why a palimpsest', markdown: MARKDOWN } as const;
  await documents.handle(documentId, create, by(ada, 'owner', 'create'));
  await write(grace, 'editor', 'edit 1', '\nGrace was here, and the page remembers.\n');
  const version = { type: 'NameVersion', name: 'first draft' } as const;
  await write(ada, 'owner', 'edit 2', '\nSo was Ada.\n');
  await documents.handle(documentId, version, by(ada, 'owner', 'version'));
  return { documentId };
}

/** The file comes first: a key that was issued and not kept could never be shown again. */
async function issueKey({ issue, keys, ids }: Ports): Promise<void> {
  const request = by(ada, 'owner', 'key');
  const keyId = apiKeyIdOf(request.commandId);
  const text = await keys.readOrCreate('demo', () =>
    keyText({ tenant: demo, keyId, secret: newSecret((count) => ids.bytes(count)) }),
  );
  const secret = parseApiKey(text)?.secret;
  if (secret === undefined) throw new Error(`${keys.path('demo')} holds no API key: remove it.`);
  const secretHash = hashSecret(secret);
  await issue({ memberId: ada, roles: ['owner'], name: 'demo', secretHash }, request);
}

const byOperator = (tenant: TenantId, step: string): CommandRequest =>
  requestOf({ tenant, member: OPERATOR, roles: ['operator'], groups: [] }, step);

const by = (member: MemberId, role: Role, step: string): CommandRequest =>
  requestOf({ tenant: demo, member, roles: [role], groups: [] }, step);

function requestOf(principal: Principal, step: string): CommandRequest {
  const { tenant, member } = principal;
  const commandId = derivedUuid('demo', tenant, member, step) as CommandId;
  const commandHash = createHash('sha256').update(step).digest();
  return { tenant, principal, commandId, commandHash, correlationId: commandId };
}
