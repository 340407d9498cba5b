import type { Kept, Store } from '#client/outbox.ts';

const DATABASE = 'palimpsest';
const COPIES = 'copies';

const stores = new Map<string, Promise<Store | undefined>>();

/**
 * A document and what was typed in it without a connection, in this browser. Only one tab writes
 * as one actor, so a second tab that shows the document keeps nothing: `undefined`.
 */
export async function keptOnDevice(holder: string, document: string): Promise<Store | undefined> {
  const name = `${holder} ${document}`;
  // Whoever signs in again in the same tab goes on with the same one.
  const store = stores.get(name) ?? storeOf(name);
  stores.set(name, store);
  return await store;
}

async function storeOf(name: string): Promise<Store | undefined> {
  if (!(await isFirst(name))) return undefined;
  return {
    // A browser that keeps nothing still shows the document.
    load: () =>
      inCopies<Kept | undefined>('readonly', (copies) => copies.get(name)).catch(() => undefined),
    save: async (kept) => {
      await inCopies('readwrite', (copies) => copies.put(kept, name));
    },
  };
}

/** For whoever signs out: nothing of theirs is left here. */
export async function forgetOnDevice(holder: string): Promise<void> {
  const range = IDBKeyRange.bound(`${holder} `, `${holder} \uffff`);
  await inCopies('readwrite', (copies) => copies.delete(range));
}

/** A page that is loaded again may be there a moment before the old one is gone. */
const PATIENCE_MS = 1_000;

/** Holds the name until the tab is closed. */
async function isFirst(name: string): Promise<boolean> {
  // Browsers have no locks where the page came in the clear over a network.
  if (!('locks' in navigator)) return false;
  return await new Promise((resolve) => {
    const hold = async () => {
      resolve(true);
      await new Promise(() => undefined);
    };
    navigator.locks
      .request(`${DATABASE} ${name}`, { signal: AbortSignal.timeout(PATIENCE_MS) }, hold)
      .catch(() => resolve(false));
  });
}

async function inCopies<Answer>(
  mode: IDBTransactionMode,
  ask: (copies: IDBObjectStore) => IDBRequest<Answer>,
): Promise<Answer> {
  const database = await opened();
  try {
    const transaction = database.transaction(COPIES, mode);
    const request = ask(transaction.objectStore(COPIES));
    await new Promise<void>((resolve, reject) => {
      transaction.addEventListener('complete', () => resolve());
      transaction.addEventListener('abort', () =>
        reject(transaction.error ?? new Error('aborted')),
      );
    });
    return request.result;
  } finally {
    database.close();
  }
}

async function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(COPIES));
  return await new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('no database')));
  });
}
