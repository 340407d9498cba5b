import type { Wanted } from '#commands/generation/wanted.ts';
import type { DocumentDeps, AnchoringDeps } from '#api/document-deps.ts';
import { MOST_ANCHORED } from '#domain/anchor.ts';
import { contextBlock } from '#domain/generation/context-block.ts';
import type { Target } from '#domain/generation/events.ts';
import type { Message } from '#domain/generation/prompt.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';

export type AskedTarget = Pick<Target, 'document' | 'section' | 'as'>;

/**
 * A wish for a section: its text goes into the prompt as data, and the answer will take its place.
 * Throws where the caller may not have that, or where the answer could not be placed.
 */
export function targeting({
  rightsOn,
  read,
}: Pick<DocumentDeps & AnchoringDeps, 'rightsOn' | 'read'>) {
  return async (principal: Principal, asked: AskedTarget, wanted: Wanted): Promise<Wanted> => {
    const { document, section, as } = asked;
    const { mayEdit } = await rightsOn(principal, document);
    if (as === 'edit' && !mayEdit) throw new Rejected('right/missing', { action: 'document.edit' });
    const { revision, sections } = await read(principal, document);
    const found = sections.find(({ id }) => id === section);
    if (found === undefined) throw new Rejected('edit/section-not-found', { section });
    const text = found.text.replace(/\n+$/, '');
    const count = text.length;
    if (as === 'suggest' && count > MOST_ANCHORED) {
      throw new Rejected('anchor/too-long', { limit: MOST_ANCHORED });
    }
    const source = `section ${section}`;
    const passage: Message = { role: 'user', content: contextBlock({ source, text }) };
    const { messages } = wanted.prompt;
    const prompt = {
      ...wanted.prompt,
      // Before what is asked, which comes last.
      messages: [...messages.slice(0, -1), passage, ...messages.slice(-1)],
    };
    return { ...wanted, prompt, target: { document, section, as, revision, count } };
  };
}
