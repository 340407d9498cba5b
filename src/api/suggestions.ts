import type { Transaction } from 'kysely';
import { type Accepted, settleSuggestion } from '#commands/settle-suggestion.ts';
import type { AskedRange } from '#domain/document/anchor/make-anchor.ts';
import type { ChangesApplied, TakenChoice } from '#domain/document/events.ts';
import { type DocumentId, type SuggestionId, type TenantId, derivedUuid } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';
import { streamOf } from '#domain/stream.ts';
import { mustBeOn } from '#domain/suggestion/decide.ts';
import type { Views } from '#infra/postgres/projections/views.ts';
import {
  type DocumentSuggestionsTables,
  type OutcomeCount,
  type SuggestionItem,
  type SuggestionsQuery,
  outcomesOn,
  suggestionsOn,
} from '#projections/document-suggestions.ts';
import type { Page } from '#projections/page.ts';
import type { Aggregates } from './aggregates.ts';
import type { Audit, CommandMeta, Written } from './deps.ts';
import type { AnchoringDeps } from './document-deps.ts';
import { type Placed, placed } from './placed.ts';

/** What a caller would rather read. */
export type SuggestionAsked = {
  readonly range: AskedRange;
  readonly baseRevision: number | undefined;
  readonly replacement: string;
  readonly note: string | undefined;
};

/** What the routes of suggestions need. All of it throws `Rejected` where the document does not allow it. */
export type SuggestionDeps = {
  readonly make: (
    document: DocumentId,
    asked: SuggestionAsked,
    meta: CommandMeta,
  ) => Promise<{ readonly id: SuggestionId; readonly written: Written }>;
  readonly accept: (
    document: DocumentId,
    id: SuggestionId,
    choice: TakenChoice,
    meta: CommandMeta,
  ) => Promise<Accepted>;
  readonly reject: (
    document: DocumentId,
    id: SuggestionId,
    reason: string | undefined,
    meta: CommandMeta,
  ) => Promise<Written>;
  readonly list: (
    principal: Principal,
    document: DocumentId,
    query: SuggestionsQuery,
  ) => Promise<Placed<Page<SuggestionItem>>>;
  readonly outcomes: (
    principal: Principal,
    document: DocumentId,
  ) => Promise<readonly OutcomeCount[]>;
};

export function suggestions(
  streams: Pick<Aggregates, 'suggestions' | 'documents'>,
  { rightsOn, anchor, find }: AnchoringDeps,
  views: Views,
  { log, open }: { readonly log: Pick<Audit['log'], 'readStream'>; readonly open: Audit['open'] },
): SuggestionDeps {
  const { handle, history } = streams.suggestions;

  async function changesAt(tenant: TenantId, document: DocumentId, from: number) {
    const stream = streamOf(tenant, 'document', document);
    const [event] = await open(await log.readStream(stream, { from, limit: 1 }));
    const isChange = event?.type === 'ChangesApplied' && event.erased !== true;
    return isChange ? (event.data as ChangesApplied) : undefined;
  }

  const { accept, reject } = settleSuggestion({
    documents: streams.documents.handle,
    documentHistory: streams.documents.history,
    suggestions: handle,
    suggestionHistory: history,
    changesAt,
  });

  return {
    make: async (document, { range, baseRevision, ...suggested }, meta) => {
      const { principal, tenant, commandId } = meta;
      await rightsOn(principal, document);
      const id = derivedUuid('suggestion', commandId) as SuggestionId;
      const { state } = await history.newest(tenant, id);
      // A repeat finds it there, whatever became of the text meanwhile.
      const { anchor: at, quoted } =
        state.status === 'missing'
          ? await anchor(principal, document, range, baseRevision)
          : mustBeOn(document, state);
      const suggestion = { document, anchor: at, quoted, ...suggested, origin: 'person' } as const;
      return { id, written: await handle(id, { type: 'MakeSuggestion', ...suggestion }, meta) };
    },

    accept: async (document, id, choice, meta) => {
      const { mayEdit } = await rightsOn(meta.principal, document);
      if (!mayEdit) throw new Rejected('right/missing', { action: 'document.edit' });
      return await accept(document, id, choice, meta);
    },

    reject: async (document, id, reason, meta) => {
      const { mayEdit } = await rightsOn(meta.principal, document);
      return await reject(document, id, { reason, mayEdit }, meta);
    },

    list: async (principal, document, query) => {
      const page = await views.read((tables: Transaction<DocumentSuggestionsTables>) =>
        suggestionsOn(tables, principal.tenant, document, query),
      );
      return await placed(page, (anchors) => find(principal, document, anchors));
    },

    outcomes: async (principal, document) => {
      await find(principal, document, []);
      return await views.read((tables: Transaction<DocumentSuggestionsTables>) =>
        outcomesOn(tables, principal.tenant, document),
      );
    },
  };
}
