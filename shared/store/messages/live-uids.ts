import type { Database } from '../../database/database.ts';
import type { FolderId, StoreRef, Uid } from '../engine/ids.ts';
import { VIEW } from './message-facts.ts';

/** The UIDs of all messages of a folder that are neither associated nor soft-deleted. */
export async function liveUids(db: Database, { tenant }: StoreRef, folder: FolderId): Promise<Uid[]> {
  const rows = await db
    .selectFrom('messages')
    .select('uid')
    .where('tenant_id', '=', tenant)
    .where('folder_id', '=', folder)
    .where('deleted', '=', VIEW.LIVE)
    .execute();
  return rows.map(({ uid }) => uid as Uid);
}
