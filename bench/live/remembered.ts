import type { Session } from './session.ts';

type Record<Recording> = (session: Session, editsPerChange: number) => Recording;

/** Records once for every session and size of change, for all the documents that begin with it. */
export function remembered<Recording>(record: Record<Recording>): Record<Recording> {
  const recordings = new WeakMap<Session, Map<number, Recording>>();
  return (session, editsPerChange) => {
    const ofSession = recordings.get(session) ?? new Map<number, Recording>();
    const recording = ofSession.get(editsPerChange) ?? record(session, editsPerChange);
    recordings.set(session, ofSession.set(editsPerChange, recording));
    return recording;
  };
}
