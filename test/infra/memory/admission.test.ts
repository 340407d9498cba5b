import { memoryAdmission } from '#infra/memory/admission/admission.ts';
import { systemIds } from '#infra/system/ids.ts';
import { admissionRaces } from '#test/contracts/admission-races.contract.ts';
import { admissionContract } from '#test/contracts/admission.contract.ts';
import { manualClock } from '#test/support/manual-clock.ts';

admissionContract('memory admission', async (_, books) => {
  const clock = manualClock();
  const start = () => memoryAdmission({ clock, ids: systemIds, books });
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

admissionRaces(
  'memory admission',
  async (_, books) => {
    const clock = manualClock();
    const start = () => memoryAdmission({ clock, ids: systemIds, books });
    let admission = start();
    return {
      get admission() {
        return admission;
      },
      pass: async (ms) => await clock.advance(ms),
      faults: {
        restart: async () => {
          admission = start();
        },
        rebuild: async (tenant) => await admission.rebuild(tenant),
      },
    };
  },
  { runs: Number(process.env['RACES'] ?? 300) },
);
