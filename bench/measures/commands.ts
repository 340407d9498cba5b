import { randomUUID } from 'node:crypto';
import type { Sizes } from '../sizes.ts';
import { type Row, inTurns, rateOf } from '../rounds.ts';
import type { System } from '../system.ts';

/** Commands that all go to one stream: load, decide, append. */
export async function measureCommands(systems: readonly System[], sizes: Sizes): Promise<Row[]> {
  const commands = async (inFlight: number) =>
    await inTurns(
      sizes.rounds,
      systems.flatMap(({ name, command }) =>
        command === undefined
          ? []
          : [
              {
                system: name,
                run: async () => {
                  const stream = randomUUID();
                  await command(stream);
                  return await rateOf(inFlight, sizes.seconds, () => command(stream));
                },
              },
            ],
      ),
    );
  const row = { unit: 'commands/s', better: 'higher' } as const;
  return [
    { ...row, measure: 'Commands on one stream, 1 in flight', figures: await commands(1) },
    { ...row, measure: 'Commands on one stream, 8 in flight', figures: await commands(8) },
  ];
}
