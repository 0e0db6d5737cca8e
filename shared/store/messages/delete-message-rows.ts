import { countReferences } from '../../blobs/blobs.ts';
import { contentBlobs } from '../content/content-document.ts';
import type { StoreContext } from '../engine/context.ts';
import type { MessageId } from '../engine/ids.ts';
import type { LockedStore } from '../engine/store-lock.ts';

/** Deletes messages with their contents and their references to blobs, for good. The caller counts the folder and the store, and appends the changes. */
export async function deleteMessageRows(
  store: LockedStore,
  context: StoreContext,
  ids: readonly MessageId[],
): Promise<void> {
  for (let i = 0; i < ids.length; i += 200) {
    const some = ids.slice(i, i + 200);
    const contents = await store.tx
      .selectFrom('message_contents')
      .select(['mime', 'properties'])
      .where('tenant_id', '=', store.tenant)
      .where('store_id', '=', store.store)
      .where('id', 'in', some)
      .execute();
    await store.messages('deleted already').delete().where('id', 'in', some).execute();
    await store.contents('deleted already').delete().where('id', 'in', some).execute();
    await store.tx
      .deleteFrom('outgoing_queue')
      .where('tenant_id', '=', store.tenant)
      .where('store_id', '=', store.store)
      .where('id', 'in', some)
      .execute();
    await countReferences(store.tx, context.clock, contents.flatMap(contentBlobs), -1);
  }
}

/** Takes messages that are gone out of all search folders. */
export async function forgetSearchResults(store: LockedStore, ids: readonly MessageId[]): Promise<void> {
  for (let i = 0; i < ids.length; i += 500)
    await store.tx
      .deleteFrom('search_results')
      .where('tenant_id', '=', store.tenant)
      .where('store_id', '=', store.store)
      .where('message_id', 'in', ids.slice(i, i + 500))
      .execute();
}
