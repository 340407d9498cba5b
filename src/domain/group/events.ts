import { z } from 'zod';
import { type EventOf, defineEvent, groupSubject, plain } from '#domain/event.ts';
import { MemberId } from '#domain/ids.ts';

// Stored for ever: add fields, never rename or remove them. A group's name can tell as much as a
// document's title, so it is sealed; who belongs to it is ids only.

export const GroupName = z.string().trim().min(1).max(200);

export const groupEvents = {
  GroupCreated: defineEvent({
    kind: 'group',
    version: 1,
    schema: z.object({ name: z.string() }),
    subject: groupSubject,
  }),
  GroupRenamed: defineEvent({
    kind: 'group',
    version: 1,
    schema: z.object({ name: z.string() }),
    subject: groupSubject,
  }),
  GroupMemberAdded: defineEvent({
    kind: 'group',
    version: 1,
    schema: z.object({ memberId: MemberId }),
    subject: plain,
  }),
  GroupMemberRemoved: defineEvent({
    kind: 'group',
    version: 1,
    schema: z.object({ memberId: MemberId }),
    subject: plain,
  }),
  GroupDeleted: defineEvent({
    kind: 'group',
    version: 1,
    schema: z.object({}),
    subject: plain,
  }),
};

export type GroupEvent = EventOf<typeof groupEvents>;
