import type { CallFigures, ModelCall } from '#domain/breaker/call-figures.ts';
import type { ModelAt } from './breaker-port.ts';

/**
 * Figures of the calls of the last minutes, for people to look at: no decision is made by them, so
 * what cannot be counted is left out, and a step that is repeated may count twice. They hold nothing
 * of who called or what was said.
 */
export type ModelCalls = {
  /** Nobody waits for it: others see it a moment later. */
  record(at: ModelAt, call: ModelCall): void;
  of(at: ModelAt): Promise<CallFigures>;
};
