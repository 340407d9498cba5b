import { memoryPartStore } from '#infra/memory/part-store.ts';
import { partStoreContract } from '#test/contracts/part-store.contract.ts';
import { manualClock } from '#test/support/manual-clock.ts';

partStoreContract('memory parts', async () => {
  const clock = manualClock();
  return { store: memoryPartStore({ clock }), pass: async (ms) => await clock.advance(ms) };
});
