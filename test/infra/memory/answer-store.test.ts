import { memoryAnswerStore } from '#infra/memory/answer-store.ts';
import { answerStoreContract } from '#test/contracts/answer-store.contract.ts';
import { manualClock } from '#test/support/manual-clock.ts';

answerStoreContract('memory answers', async () => {
  const clock = manualClock();
  return { store: memoryAnswerStore({ clock }), pass: async (ms) => await clock.advance(ms) };
});
