import { memoryBreakers } from '#infra/memory/breakers.ts';
import { breakersContract, testSettings } from '#test/contracts/breakers.contract.ts';
import { manualClock } from '#test/support/manual-clock.ts';

breakersContract('memory breakers', async (_, changed) => {
  const clock = manualClock();
  return {
    breakers: memoryBreakers({ clock, changed, settings: testSettings }),
    pass: async (ms) => await clock.advance(ms),
  };
});
