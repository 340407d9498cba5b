import { setTimeout as sleep } from 'node:timers/promises';
import { admissionRaces } from '#test/contracts/admission-races.contract.ts';
import { admissionAt } from '#test/support/redis-admission.ts';
import { redisProxy } from '#test/support/redis-proxy.ts';
import { redisServer, whereRedisIs } from '#test/support/redis.ts';

// The long form: RACES=500 npm test -- test/infra/redis/races
if (whereRedisIs('own')) {
  admissionRaces(
    'redis admission',
    async (t, books) => {
      const server = await redisServer(t);
      const { url, faults } = await redisProxy(t, server.port);
      const processes = [admissionAt(t, url, books), admissionAt(t, server.url, books)] as const;
      let turn = 0;
      await server.backUp();
      return {
        // Two processes take turns, so that each meets epochs which the other one began.
        get admission() {
          return processes[(turn = 1 - turn)] ?? processes[0];
        },
        pass: async (ms) => await sleep(ms),
        faults: {
          emptied: async () => void (await server.shell.flushall()),
          'answer cut off': async () => {
            faults.cutAnswers = 1;
          },
          'scripts forgotten': async () => void (await server.shell.script('FLUSH')),
          'backed up': async () => await server.backUp(),
          'set back to the backup': async () => await server.restart('backup'),
          rebuilt: async (tenant) => await processes[1].rebuild(tenant),
        },
      };
    },
    { runs: Number(process.env['RACES'] ?? 10) },
  );
}
