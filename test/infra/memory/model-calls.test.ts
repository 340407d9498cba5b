import { memoryModelCalls } from '#infra/memory/model-calls.ts';
import { modelCallsContract } from '#test/contracts/model-calls.contract.ts';

modelCallsContract('memory calls', async (_, clock) => memoryModelCalls({ clock }));
