import { type EngineDeps, projectionEngine } from '#projections/engine.ts';
import { localProgress } from '#projections/progress.ts';
import type { Projector } from './projector.ts';

/** In the main thread. */
export function projectorHere(deps: Omit<EngineDeps, 'progress'>): Projector {
  const progress = localProgress();
  const engine = projectionEngine({ ...deps, progress });
  return {
    start: () => engine.start(),
    stop: () => engine.stop(),
    nudge: () => engine.nudge(),
    progress,
    flow: engine.flow,
    get failure() {
      return engine.failure?.message;
    },
  };
}
