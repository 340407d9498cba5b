import type { CommandRequest, Handle } from '#commands/handle.ts';
import type { History } from '#commands/history.ts';
import type { Reaction } from '#commands/reaction.ts';
import type { AnchoredText } from '#domain/anchor.ts';
import type { Edit } from '#domain/document/edits.ts';
import type { Origin } from '#domain/document/events.ts';
import type { Target } from '#domain/generation/events.ts';
import { type GenerationId, suggestionOf } from '#domain/generation/ids.ts';
import type { Generation } from '#domain/generation/state.ts';
import type { DocumentId, MemberId, TenantId } from '#domain/ids.ts';
import type { Principal } from '#domain/rights.ts';
import { partsOf } from '#domain/stream.ts';
import type { Suggestion, SuggestionCommand } from '#domain/suggestion/decide.ts';

type Ports = {
  readonly generationHistory: Pick<History<Generation>, 'since'>;
  /** The member with the rights of now. */
  readonly principalOf: (tenant: TenantId, member: MemberId) => Promise<Principal>;
  /** Throws `Rejected` where the member may not change the document, or the section is gone. */
  readonly edit: (
    document: DocumentId,
    what: {
      readonly edits: readonly Edit[];
      readonly baseRevision: number;
      readonly origin: Origin;
    },
    request: CommandRequest,
  ) => Promise<unknown>;
  /** Throws `Rejected` where the member may not comment on the document. */
  readonly anchor: (principal: Principal, target: Target) => Promise<AnchoredText>;
  readonly suggestions: Handle<Suggestion, SuggestionCommand>;
};

/**
 * Brings an answer to its place: as a suggestion, or as an edit, of the member who asked for it and
 * with its origin. What that member may no longer do is not done; the answer stays where it is.
 */
export const offerAnswer = (ports: Ports): Reaction => ({
  name: 'offer-generated-answer',
  reactsTo: ['GenerationCompleted'],
  react: async ({ header: { tenant, stream, revision: completedAt } }, request) => {
    const id = partsOf(stream)!.id as GenerationId;
    const { state } = await ports.generationHistory.since(tenant, id, completedAt);
    if (state.status !== 'completed' || state.target === undefined) return;
    const { target, requestedBy, answer } = state;
    if (requestedBy === undefined || answer.text === '') return;
    const principal = await ports.principalOf(tenant, requestedBy);
    const asMember = { ...request, principal };
    const { document, section, revision, count } = target;
    const origin = `ai:${id}` as const;
    if (target.as === 'edit') {
      const edits = replacing(section, count, answer.text);
      await ports.edit(document, { edits, baseRevision: revision, origin }, asMember);
    } else {
      const { anchor, quoted } = await ports.anchor(principal, target);
      const replacement = answer.text;
      const suggested = { document, anchor, quoted, replacement, origin } as const;
      const command = { type: 'MakeSuggestion', ...suggested } as const;
      await ports.suggestions(suggestionOf(id), command, asMember);
    }
  },
});

const replacing = (section: Target['section'], count: number, text: string): Edit[] => [
  ...(count > 0 ? [{ type: 'deleteText' as const, section, at: 0, count }] : []),
  { type: 'insertText', section, at: 0, text },
];
