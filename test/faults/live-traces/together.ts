import * as Automerge from '@automerge/automerge';
import { seededRandom } from '#test/support/random.ts';
import type { Author } from './author.ts';
import { type Concurrent, type Patch, knowledgeOf } from './recorded.ts';

const MOST_KEYSTROKES_A_CHANGE = 50;

/** Of each agent, the numbers of txns that somebody else was shown at some time. */
function shownOf({ txns, numAgents }: Concurrent, knowledge: readonly (readonly number[])[]) {
  const shown = Array.from({ length: numAgents }, () => new Set<number>());
  for (const [index, { agent }] of txns.entries()) {
    for (const [other, count] of knowledge[index]!.entries()) {
      if (other !== agent) shown[other]!.add(count);
    }
  }
  return shown;
}

/**
 * Everybody types what was recorded, upon exactly what the recording says was seen of the others.
 * Answers how many connections were broken on the way.
 */
export async function typeTogether(
  trace: Concurrent,
  authors: readonly Author[],
  disconnects: boolean,
): Promise<number> {
  const random = seededRandom(5);
  const knowledge = knowledgeOf(trace);
  const shown = shownOf(trace, knowledge);
  const people = authors.map((author) => ({
    author,
    typed: 0,
    waiting: [] as Patch[],
    known: authors.map(() => 0),
    /** The revision of the document with so many of the txns. */
    revisions: new Map<number, number>(),
    newest: 0,
  }));
  type Person = (typeof people)[number];
  for (const { author } of people) author.limit = 0;

  let cuts = 0;
  /** A connection that comes back brings everything: not before it may be seen. */
  const maybeCut = (person: Person) => {
    const sees = people.every((one) => one === person || one.newest <= person.author.limit);
    if (!disconnects || !sees || random.below(20) > 0) return;
    person.author.cut();
    cuts += 1;
  };
  const flush = async (person: Person) => {
    if (person.waiting.length === 0) return;
    maybeCut(person);
    person.author.type(person.waiting.splice(0));
    maybeCut(person);
    await person.author.durable();
    person.newest = person.author.gate.acknowledged;
    person.revisions.set(person.typed, person.newest);
  };

  for (const [index, { agent, patches }] of trace.txns.entries()) {
    const person = people[agent]!;
    for (const [other, count] of knowledge[index]!.entries()) {
      if (other === agent || count <= person.known[other]!) continue;
      await flush(person);
      await person.author.hears(people[other]!.revisions.get(count)!);
      person.known[other] = count;
    }
    person.waiting.push(...patches);
    person.typed += 1;
    const isFull = person.waiting.length >= MOST_KEYSTROKES_A_CHANGE;
    if (isFull || shown[agent]!.has(person.typed)) await flush(person);
  }
  for (const person of people) await flush(person);
  return cuts;
}

/** What Automerge alone makes of the same session. */
export function mergedText(trace: Concurrent): string {
  const knowledge = knowledgeOf(trace);
  const empty = Automerge.from({ text: '' }, { actor: 'ff' });
  const replicas = Array.from({ length: trace.numAgents }, (_, agent) =>
    Automerge.clone(empty, { actor: `a${agent}` }),
  );
  const written = replicas.map((): Uint8Array[] => []);
  const known = replicas.map(() => replicas.map(() => 0));
  const show = (agent: number, other: number, count: number) => {
    const missed = written[other]!.slice(known[agent]![other], count);
    known[agent]![other] = Math.max(count, known[agent]![other]!);
    if (missed.length > 0) [replicas[agent]] = Automerge.applyChanges(replicas[agent]!, missed);
  };
  for (const [index, { agent, patches }] of trace.txns.entries()) {
    for (const [other, count] of knowledge[index]!.entries()) {
      if (other !== agent) show(agent, other, count);
    }
    replicas[agent] = Automerge.change(replicas[agent]!, (draft) => {
      for (const patch of patches) Automerge.splice(draft, ['text'], ...patch);
    });
    written[agent]!.push(Automerge.getLastLocalChange(replicas[agent])!);
  }
  for (const other of replicas.keys()) if (other > 0) show(0, other, written[other]!.length);
  return replicas[0]!.text;
}
