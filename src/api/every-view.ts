import type { LoadPorts } from '#commands/load.ts';
import type { Clock } from '#commands/ports.ts';
import { conflictFinder } from '#infra/projections/conflict-finder.ts';
import { documentFolds } from '#infra/projections/document-folds.ts';
import { everyProjection } from '#projections/all.ts';
import type { Projection } from '#projections/projection.ts';

/** All there are; those that need the text of documents fold it themselves, from these ports. */
export const everyView = (
  ports: LoadPorts & { readonly clock: Pick<Clock, 'now'> },
): readonly Projection[] => everyProjection(documentFolds(ports), conflictFinder(ports));
