import { chosenHunks, hunksOf, withHunks } from '#domain/document/anchor/hunks.ts';
import type { DocumentCommand } from '#domain/document/commands.ts';
import type { ChangesApplied, TakenChoice } from '#domain/document/events.ts';
import type { DocumentState } from '#domain/document/state.ts';
import { groupOf } from '#domain/document/undo/groups.ts';
import {
  type CommandId,
  type DocumentId,
  type SuggestionId,
  type TenantId,
  derivedUuid,
} from '#domain/ids.ts';
import { isSame } from '#domain/is-same.ts';
import { Rejected } from '#domain/rejected.ts';
import { streamOf } from '#domain/stream.ts';
import {
  type StandingSuggestion,
  type Suggestion,
  type SuggestionCommand,
  type Taken,
  mustBeOn,
} from '#domain/suggestion/decide.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import type { CommandRequest, Handle, Outcome } from './handle.ts';
import type { History } from './history.ts';
import { WrongExpectedRevision } from './ports.ts';

type Ports = {
  readonly documents: Handle<DocumentState, DocumentCommand>;
  readonly documentHistory: Pick<History<DocumentState>, 'newest'>;
  readonly suggestions: Handle<Suggestion, SuggestionCommand>;
  readonly suggestionHistory: Pick<History<Suggestion>, 'newest'>;
  /** What the document's event of this revision holds. */
  readonly changesAt: (
    tenant: TenantId,
    document: DocumentId,
    revision: number,
  ) => Promise<ChangesApplied | undefined>;
};

export type Accepted = {
  readonly written: Pick<Outcome<unknown>, 'revision' | 'position'>;
  readonly taken: Taken;
};

/**
 * An outcome stands in two streams: the document takes the text, then the suggestion says so. The
 * id of the edit follows from the suggestion, so that whoever comes after a process that ended in
 * between finds the edit there, and records what the document says was taken.
 */
export function settleSuggestion(ports: Ports) {
  async function accept(
    document: DocumentId,
    id: SuggestionId,
    asked: TakenChoice,
    request: CommandRequest,
  ): Promise<Accepted> {
    const made = await standing(document, id, request);
    if (made.outcome === 'rejected') throw new Rejected('suggestion/settled');
    const choice = normalised(made, asked);
    const taken =
      made.outcome === 'open' ? await take(document, id, made, choice, request) : made.outcome;
    const written = await record(document, id, taken, request);
    if (!isSame(choiceOf(taken), choice)) throw new Rejected('suggestion/settled');
    return { written, taken };
  }

  async function reject(
    document: DocumentId,
    id: SuggestionId,
    command: { readonly reason?: string | undefined; readonly mayEdit: boolean },
    request: CommandRequest,
  ) {
    const made = await standing(document, id, request);
    if (made.outcome === 'open' && (await isInDocument(document, id, request.tenant))) {
      await record(document, id, await take(document, id, made, {}, request), request);
    }
    const refusal = { type: 'RejectSuggestion', document, ...command } as const;
    return await ports.suggestions(id, refusal, request);
  }

  async function standing(
    document: DocumentId,
    id: SuggestionId,
    { tenant, expectedRevision }: CommandRequest,
  ): Promise<StandingSuggestion> {
    const { state, revision } = await ports.suggestionHistory.newest(tenant, id);
    const made = mustBeOn(document, state);
    if (expectedRevision !== undefined && expectedRevision !== revision) {
      throw new WrongExpectedRevision(
        streamOf(tenant, 'suggestion', id),
        expectedRevision,
        revision,
      );
    }
    return made;
  }

  async function take(
    document: DocumentId,
    id: SuggestionId,
    { anchor, quoted, replacement, origin }: StandingSuggestion,
    choice: TakenChoice,
    request: CommandRequest,
  ): Promise<Taken> {
    const suggested = { anchor, quoted, replacement, origin };
    const command = { type: 'TakeSuggestion', suggestion: id, ...suggested, choice } as const;
    const { revision, repeated } = await ports.documents(
      document,
      command,
      onceOf(TAKEN, id, request),
    );
    const before = repeated ? await ports.changesAt(request.tenant, document, revision) : undefined;
    const { parts, text } = before?.suggestion ?? choice;
    return takenOf(suggested, withoutUndefined({ parts, text }), revision);
  }

  async function record(
    document: DocumentId,
    id: SuggestionId,
    taken: Taken,
    request: CommandRequest,
  ) {
    const command = { type: 'SettleSuggestion', document, taken } as const;
    return await ports.suggestions(id, command, onceOf('suggestion settled', id, request));
  }

  async function isInDocument(document: DocumentId, id: SuggestionId, tenant: TenantId) {
    const { state } = await ports.documentHistory.newest(tenant, document);
    const group = derivedUuid(onceId(TAKEN, id, tenant), 'group');
    return 'ledger' in state && groupOf(state.ledger.groups, group) !== undefined;
  }

  return { accept, reject };
}

const TAKEN = 'suggestion taken';

const onceId = (what: string, id: SuggestionId, tenant: TenantId) =>
  derivedUuid(what, tenant, id) as CommandId;

/** Whoever asks, and however often: it is one command. */
const onceOf = (what: string, id: SuggestionId, request: CommandRequest): CommandRequest => ({
  ...ofAnyRevision(request),
  commandId: onceId(what, id, request.tenant),
  commandHash: new TextEncoder().encode(id),
});

/** `If-Match` is about the suggestion as the caller saw it. */
function ofAnyRevision(request: CommandRequest): CommandRequest {
  const { expectedRevision: _, ...rest } = request;
  return rest;
}

type Suggested = Pick<StandingSuggestion, 'quoted' | 'replacement'>;

/** All parts are the whole. */
function normalised({ quoted, replacement }: Suggested, { parts, text }: TakenChoice): TakenChoice {
  if (text !== undefined) return { text };
  const chosen = [...new Set(parts)].toSorted((one, other) => one - other);
  chosenHunks(quoted, replacement, { parts: chosen });
  const isWhole = parts === undefined || chosen.length === hunksOf(quoted, replacement).length;
  return isWhole ? {} : { parts: chosen };
}

function takenOf({ quoted, replacement }: Suggested, choice: TakenChoice, revision: number): Taken {
  const text = withHunks(quoted, chosenHunks(quoted, replacement, choice));
  if (choice.text !== undefined) return { revision, extent: 'edited', text };
  const { parts } = choice;
  return parts === undefined
    ? { revision, extent: 'whole', text }
    : { revision, extent: 'part', parts, text };
}

const choiceOf = ({ extent, parts, text }: Taken): object =>
  extent === 'edited' ? { text } : withoutUndefined({ parts });
