import type { RecordedEvent } from '#domain/event.ts';

/** About how much memory an event takes. Batches and buffers are bounded by it, not by count alone. */
export const weightOf = (event: RecordedEvent): number => event.body.byteLength + 1_000;
