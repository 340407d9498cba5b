import { SubjectErased } from './ports.ts';

/** For a promise's `catch`: what was sealed with a key that is gone is not there. */
export function noneIfErased(error: unknown): undefined {
  if (error instanceof SubjectErased) return undefined;
  throw error;
}
