import { z } from 'zod';
import { SectionId } from '#domain/ids.ts';

// The edits that plain HTTP clients send. Offsets are UTF-16 code units; without `section` they
// count over the whole Markdown. Each edit is read against the result of the ones before it.

const offset = z.int().nonnegative();
const section = SectionId.optional();
const text = z.string();

export const Edit = z.discriminatedUnion('type', [
  /** At a boundary between two sections the text goes to the end of the left one. */
  z.strictObject({ type: z.literal('insertText'), section, at: offset, text }),
  z.strictObject({ type: z.literal('deleteText'), section, at: offset, count: z.int().positive() }),
  /** `find` must occur exactly once. */
  z.strictObject({
    type: z.literal('replaceText'),
    section,
    find: z.string().min(1),
    with: z.string(),
  }),
  /** `after: null` puts it first. The text is cut into several sections where it has headings. */
  z.strictObject({ type: z.literal('insertSection'), after: SectionId.nullable(), text }),
  z.strictObject({
    type: z.literal('moveSection'),
    section: SectionId,
    after: SectionId.nullable(),
  }),
  z.strictObject({ type: z.literal('deleteSection'), section: SectionId }),
  z.strictObject({ type: z.literal('splitSection'), section: SectionId, at: offset }),
  z.strictObject({ type: z.literal('setTitle'), title: z.string().min(1) }),
]);
export type Edit = z.infer<typeof Edit>;
export type EditOf<Type extends Edit['type']> = Extract<Edit, { type: Type }>;
