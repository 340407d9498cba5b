import { setImmediate } from 'node:timers/promises';

const TURN_MS = 5;

/**
 * For long work in parts: what it answers is awaited between two of them, and lets everybody else
 * in this process be served when the work has had its turn.
 */
export function takingTurns(): () => Promise<void> {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < TURN_MS) return;
    await setImmediate();
    began = performance.now();
  };
}
