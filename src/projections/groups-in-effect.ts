import { type Transaction, sql } from 'kysely';
import { partsOf } from '#domain/stream.ts';
import type { ProjectedEvent } from './projection.ts';

type Settled = {
  readonly tenant_id: string;
  readonly document_id: string;
  readonly edit_group: string;
  readonly in_effect: boolean;
  /** Of the undo or redo: what joins the group later is not what it was about. */
  readonly revision: number;
};

/**
 * Marks the edits of every group that these events undo or redo, those of the same batch included:
 * their rows must be there. Of several about one group only the last says what holds.
 */
export async function settleGroups(
  events: readonly ProjectedEvent[],
  tables: Transaction<unknown>,
): Promise<void> {
  const settled = new Map<string, Settled>();
  for (const event of events) {
    const { type, header } = event;
    if (event.erased === true || (type !== 'ChangesUndone' && type !== 'ChangesRedone')) continue;
    const { tenant, id } = partsOf(header.stream)!;
    const { group } = event.data as { readonly group: string };
    settled.set(`${header.stream} ${group}`, {
      tenant_id: tenant,
      document_id: id,
      edit_group: group,
      in_effect: type === 'ChangesRedone',
      revision: header.revision,
    });
  }
  if (settled.size === 0) return;
  await sql`
    update document_timeline t set in_effect = given.in_effect
      from jsonb_to_recordset(${JSON.stringify([...settled.values()])}::jsonb) as given(
             tenant_id text, document_id uuid, edit_group uuid, in_effect boolean, revision int)
     where t.tenant_id = given.tenant_id and t.document_id = given.document_id
       and t.edit_group = given.edit_group and t.revision < given.revision
       and t.in_effect <> given.in_effect`.execute(tables);
}
