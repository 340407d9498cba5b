import { randomBytes } from 'node:crypto';
import type { KeyFiles } from './key-files.ts';

const MASTER_KEY_BYTES = 32;

/**
 * The key that wraps every other. A lost one is never silently replaced: what was sealed with it
 * would be unreadable, and new data would be sealed with another.
 */
export async function masterKeyOf(
  given: Uint8Array | undefined,
  keys: KeyFiles,
  dataExists: () => Promise<boolean>,
): Promise<Uint8Array> {
  if (given !== undefined) return given;
  if ((await keys.read('master')) === undefined && (await dataExists())) {
    throw new Error(
      `The master key is missing (${keys.path('master')}), and there is data that was sealed ` +
        `with it. Restore the file from a backup, or set PALIMPSEST_MASTER_KEY.`,
    );
  }
  const text = await keys.readOrCreate('master', () =>
    randomBytes(MASTER_KEY_BYTES).toString('base64'),
  );
  const key = Buffer.from(text, 'base64');
  if (key.length === MASTER_KEY_BYTES) return key;
  throw new Error(`${keys.path('master')} does not hold 32 bytes in base64.`);
}

/** Of the control plane. It has the form of an API key, so that secret scanners find a leak. */
export const operatorKeyOf = async (given: string | undefined, keys: KeyFiles): Promise<string> =>
  given ?? (await keys.readOrCreate('operator', newOperatorKey));

const newOperatorKey = () =>
  `plm_platform_${randomBytes(8).toString('hex')}_${randomBytes(32).toString('hex')}`;
