import { memoryKeyStore } from '#infra/memory/key-store.ts';
import { keyStoreContract } from '#test/contracts/key-store.contract.ts';

keyStoreContract('memory key store', async () => memoryKeyStore());
