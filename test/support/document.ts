import assert from 'node:assert/strict';
import type { DocumentCommand } from '#domain/document/commands.ts';
import { documentAggregate } from '#domain/document/document.ts';
import type { Edit } from '#domain/document/edits.ts';
import type { ChangesApplied, DocumentEvent } from '#domain/document/events.ts';
import { markdownOf, sectionsOf } from '#domain/document/reading.ts';
import type { DocumentState, LivingDocument } from '#domain/document/state.ts';
import { type CommandId, type SectionId, derivedUuid } from '#domain/ids.ts';
import type { Principal } from '#domain/rights.ts';
import { at, principal } from '#test/support/given.ts';

const { decider } = documentAggregate;

export const ada = principal('ada', 'author');
export const bob = principal('bob', 'editor');

/** A document that commands are sent to one after the other, as the command path does it. */
export class WrittenDocument {
  state: DocumentState = decider.initialState;
  readonly events: DocumentEvent[] = [];
  now = at('2026-01-31T12:00:30.000Z');
  #commands = 0;
  readonly #stream: string;

  /** Commands on different streams have different ids. */
  constructor(stream = 'document') {
    this.#stream = stream;
  }

  get revision(): number {
    return this.events.length - 1;
  }

  get living(): LivingDocument {
    assert.ok('content' in this.state, 'there is a document');
    return this.state;
  }

  get markdown(): string {
    return markdownOf(this.living);
  }

  get texts(): string[] {
    return sectionsOf(this.living).map(({ text }) => text);
  }

  /** The id of the `index`th section that readers see. */
  section(index: number): SectionId {
    const section = sectionsOf(this.living).at(index);
    assert.ok(section, `there is a section ${index}`);
    return section.id;
  }

  get changes(): Uint8Array[] {
    return this.events.flatMap((event) => ('changes' in event.data ? event.data.changes : []));
  }

  decide(command: DocumentCommand, who: Principal = ada): DocumentEvent[] {
    const commandId = derivedUuid('test', this.#stream, this.#commands++) as CommandId;
    return decider.decide(command, this.state, {
      principal: who,
      commandId,
      now: this.now,
      derive: (label) => derivedUuid(label, commandId),
      revision: this.revision,
    });
  }

  do(command: DocumentCommand, who: Principal = ada): DocumentEvent[] {
    const decided = this.decide(command, who);
    for (const event of decided) this.happens(event);
    return decided;
  }

  happens(event: DocumentEvent): void {
    this.events.push(event);
    this.state = decider.evolve(this.state, event, this.revision);
  }

  edit(...edits: Edit[]): ChangesApplied[] {
    return changesIn(this.do({ type: 'EditDocument', edits }));
  }
}

export const changesIn = (events: readonly DocumentEvent[]): ChangesApplied[] =>
  events.flatMap((event) => (event.type === 'ChangesApplied' ? [event.data] : []));

/** A document of ada's with this text. */
export function written(markdown = '', title = 'Plan'): WrittenDocument {
  const document = new WrittenDocument();
  document.do({ type: 'CreateDocument', title, markdown });
  return document;
}

/** Folds events as another process would, from copies that no decision knows. */
export function replayed(events: readonly DocumentEvent[]): LivingDocument {
  const state = structuredClone(events).reduce(decider.evolve, decider.initialState);
  assert.ok('content' in state, 'there is a document');
  return state;
}
