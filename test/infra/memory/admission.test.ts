import { memoryAdmission } from '#infra/memory/admission/admission.ts';
import { admissionContract } from '#test/contracts/admission.contract.ts';
import { manualClock } from '#test/support/manual-clock.ts';

admissionContract('memory admission', async (_, readLedger) => {
  const clock = manualClock();
  const start = () => memoryAdmission({ clock, readLedger });
  let admission = start();
  return {
    get admission() {
      return admission;
    },
    lose: async () => {
      admission = start();
    },
    pass: async (ms) => await clock.advance(ms),
  };
});
