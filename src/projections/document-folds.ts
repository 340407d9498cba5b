import type { SectionText } from '#domain/document/content.ts';
import type { ContentEvent } from '#domain/document/events.ts';
import type { SectionId } from '#domain/ids.ts';
import type { StreamName } from '#domain/stream.ts';

type SectionsRead = {
  /** The sections asked for that readers see; the others among them are deleted. */
  readonly sections: readonly SectionText[];
};

/**
 * Text is in no event: it is what the document says after it. This folds documents for views, and
 * keeps those in use.
 */
export type DocumentFolds = {
  /**
   * What the sections `ids` say after `changes`, the document's events of the revisions `from` to
   * `to`. Undefined when the document was erased.
   */
  read(
    stream: StreamName,
    changes: {
      readonly from: number;
      readonly to: number;
      readonly applied: readonly ContentEvent['data']['changes'][];
    },
    ids: ReadonlySet<SectionId>,
  ): Promise<SectionsRead | undefined>;
};
