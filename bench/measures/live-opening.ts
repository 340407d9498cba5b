import type { LiveDocument, LiveSystem } from '../live/live-system.ts';
import { type Opened, opened } from '../live/opening.ts';
import { type Session, sessionOf } from '../live/session.ts';
import { type Figures, type Row, inTurns } from '../rounds.ts';
import type { Sizes } from '../sizes.ts';

/** Fewer long ones: their history is typed anew for each of them. */
const documentsOf = (chars: number): number => (chars > 50_000 ? 5 : 20);

const MEASURED: readonly (readonly [keyof Opened, title: string, unit: string, per: number])[] = [
  ['milliseconds', 'Cold open, until a reader has it', 'ms', 1],
  ['cpu', 'Cold open, server CPU', 'ms', 1],
  ['resident', 'Open document, resident memory', 'kB', 1_000],
  ['used', 'Open document, used memory', 'kB', 1_000],
];

/** Documents that were stored before the server started. */
export async function measureOpening(
  systems: readonly LiveSystem[],
  { rounds, chars, section }: Sizes,
): Promise<Row[]> {
  const session = await sessionOf(chars, section, 0);
  const stored: Figures[] = [];
  const bodies: Figures[] = [];
  const whole: Figures[] = [];
  const contenders = [];
  for (const system of systems) {
    const documents = await seeded(system, session, documentsOf(chars));
    const values = [(await documents[0]!.storedBytes()) / session.typed];
    stored.push({ system: system.name, values });
    const parts = await documents[0]!.storedParts();
    whole.push({ system: system.name, values: [parts.document / 1_000] });
    if (parts.bodies !== undefined) {
      bodies.push({ system: system.name, values: [parts.bodies / session.typed] });
    }
    const run = async () => {
      const server = await system.start();
      const result = await opened(server, documents);
      await server.stop();
      return result;
    };
    contenders.push({ system: system.name, run });
  }
  const figures = await inTurns(rounds, contenders);
  const rows = MEASURED.map(([key, measure, unit, per]): Row => ({
    measure,
    unit,
    better: 'lower',
    figures: figures.map(({ system, values }) => ({
      system,
      values: values.map((value) => value[key] / per),
    })),
  }));
  const better = 'lower';
  return [
    ...rows,
    { measure: 'The whole document as it is stored', unit: 'kB', better, figures: whole },
    {
      measure: 'Stored per typed character (50 keystrokes a change)',
      unit: 'B',
      better,
      figures: stored,
    },
    { measure: 'Of it, bodies of events', unit: 'B', better, figures: bodies, target: '≤ 10 B' },
  ];
}

/** One more than are measured. */
async function seeded(
  system: LiveSystem,
  session: Session,
  measured: number,
): Promise<LiveDocument[]> {
  const server = await system.start();
  const documents: LiveDocument[] = [];
  while (documents.length <= measured) documents.push(await system.seed(server, session, 1));
  await server.stop();
  return documents;
}
