import { type LoadPorts, load } from '#commands/load.ts';
import type { Clock } from '#commands/ports.ts';
import { mayBeKept } from '#commands/still-readable.ts';
import { presentTexts } from '#domain/document/content.ts';
import { documentAggregate } from '#domain/document/document.ts';
import {
  type LiveContent,
  freeContent,
  settled,
  takeChanges,
} from '#domain/document/live-content.ts';
import type { StreamName } from '#domain/stream.ts';
import { takingTurns } from '#infra/system/taking-turns.ts';
import type { DocumentFolds } from '#projections/document-folds.ts';
import { heldForViews } from './held-for-views.ts';

type Held = { readonly content: LiveContent; revision: number; keySeenAt: number };

/** Documents as views have folded them so far, apart from those that commands work on. */
export function documentFolds(
  ports: LoadPorts & { readonly clock: Pick<Clock, 'now'> },
): DocumentFolds {
  const othersWereServed = takingTurns();
  const using = heldForViews<Held>(({ content }) => freeContent(content));

  /** From its snapshot and events. */
  async function loaded(stream: StreamName, upTo: number): Promise<Held | undefined> {
    const { state, revision } = await load(ports, documentAggregate, stream, upTo);
    if (!('content' in state)) return undefined;
    return { content: state.content, revision, keySeenAt: ports.clock.now().getTime() };
  }

  return {
    read: async (stream, { from, to, applied }, ids) => {
      await othersWereServed();
      // A document's first event holds no text: what comes with it needs it to be there.
      const before = Math.max(0, from - 1);
      const atRevision = {
        mayBeUsed: async (held: Held) =>
          held.revision === before && (await mayBeKept(ports, documentAggregate, stream, held)),
        load: async () => await loaded(stream, before),
      };
      return await using(stream, atRevision, (held) => {
        takeChanges(held.content, applied.flat(), ids);
        held.revision = to;
        return { sections: presentTexts(settled(held.content), ids) };
      });
    },
  };
}
