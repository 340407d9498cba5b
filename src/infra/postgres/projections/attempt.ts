import { type Transaction, sql } from 'kysely';

/** Work that may fail without costing the transaction: what it did is undone, the rest stays. */
export async function attempt<T>(tx: Transaction<unknown>, work: () => Promise<T>): Promise<T> {
  await sql`savepoint attempt`.execute(tx);
  try {
    const result = await work();
    await sql`release savepoint attempt`.execute(tx);
    return result;
  } catch (error) {
    await sql`rollback to savepoint attempt`.execute(tx);
    throw error;
  }
}
