import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { replyWritten } from '#api/position.ts';
import { metaOf } from '#api/requests.ts';
import type { CommandRequest } from '#commands/handle.ts';
import type { KeyAsked, KeyIssued } from '#commands/issue-api-key.ts';
import { KeyLabels, KeyName } from '#domain/api-key/events.ts';
import { keyText } from '#domain/api-key/key-text.ts';
import { MemberId, type TenantId } from '#domain/ids.ts';
import { TenantRoles } from '#domain/member/events.ts';
import { hashSecret, newSecret } from '#infra/crypto/api-key.ts';

export const KeyRequest = z.strictObject({
  memberId: MemberId.optional(),
  roles: TenantRoles,
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((time) => new Date(time).toISOString())
    .optional(),
  labels: KeyLabels.optional(),
  name: KeyName.optional(),
});
type KeyRequest = z.infer<typeof KeyRequest>;

export const NewKey = z.object({
  id: z.string(),
  memberId: z.string(),
  revision: z.int(),
  key: z.string().optional().describe('Shown this once: only a hash of it is kept.'),
});

export type IssueKeyDeps = {
  readonly issue: (asked: KeyAsked, meta: CommandRequest) => Promise<KeyIssued>;
  readonly randomBytes: (count: number) => Uint8Array;
};

/** Answers the new key: 201, or 200 without its text when the request was a repeat. */
export async function answerNewKey(
  { issue, randomBytes }: IssueKeyDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  tenant: TenantId,
  body: KeyRequest,
): Promise<FastifyReply> {
  const secret = newSecret(randomBytes);
  const asked = { ...body, secretHash: hashSecret(secret) };
  const { keyId, memberId, outcome } = await issue(asked, metaOf(request, tenant));
  const { revision, repeated } = outcome;
  const known = { id: keyId, memberId, revision };
  replyWritten(reply, outcome).header('cache-control', 'no-store');
  if (repeated) return reply.code(200).send(known);
  return reply.code(201).send({ ...known, key: keyText({ tenant, keyId, secret }) });
}
