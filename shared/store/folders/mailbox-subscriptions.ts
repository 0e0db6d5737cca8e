import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreRef, TenantId, UserId } from '../engine/ids.ts';
import { changeStore, type LockedStore, withLockedStore } from '../engine/store-lock.ts';
import { type Annotated, SUBSCRIBED, subscribedFolders, writeAnnotations } from './annotations.ts';

// Names of mailboxes that users have subscribed to (RFC 3501 §6.3.6): a name stays when its folder is deleted or renamed. A folder that another
// protocol makes or renames is added under the name that it has when an IMAP session lists subscriptions: `folders.subscribed` marks it as
// subscribed, `folders.subscribed_as` has the name under which it was added; for folders of other stores an annotation of each user has that name.

export interface Subscriber {
  tenant: TenantId;
  user: UserId;
}

/** A folder under the name by which a user knows it. */
export interface NamedPlace extends Annotated {
  folder: FolderId;
  name: string;
}

/** Names that one user may subscribe to. */
const MAX_SUBSCRIPTIONS = 10_000;

const hashOf = (name: string): Buffer => createHash('sha256').update(name).digest();

/** The value of `folders.subscribed_as`. It contains the user, since a store may get another owner. */
const markOf = ({ user }: Subscriber, name: string): Buffer => hashOf(`${user} ${name}`);

/** All names that a user has subscribed to. */
export async function subscriptionsOf(db: Database, { tenant, user }: Subscriber): Promise<Set<string>> {
  const rows = await db
    .selectFrom('subscriptions')
    .select('name')
    .where('tenant_id', '=', tenant)
    .where('user_id', '=', user)
    .execute();
  return new Set(rows.map((row) => row.name));
}

/**
 * Subscribes a user to the name of a folder: of the user's own store, or of another. Throws TOO_COMPLEX when the user has as many names as possible.
 */
export async function subscribe(
  context: StoreContext,
  subscriber: Subscriber,
  place: NamedPlace,
  own: boolean,
): Promise<void> {
  await changeStore(context, place.ref, async (store) => {
    if (!(await addName(store.tx, subscriber, place.name)))
      throw new PamojaError('TOO_COMPLEX', 'too many subscriptions');
    await markPlace(store, subscriber, place, own, markOf(subscriber, place.name));
  });
}

/** Removes a name from the subscriptions, and the subscription of the folder that has it. Returns false where there was none. */
export async function unsubscribe(
  context: StoreContext,
  { tenant, user }: Subscriber,
  name: string,
  place: NamedPlace | undefined,
  own: boolean,
): Promise<boolean> {
  return inTransaction(context.db, async (tx) => {
    if (place)
      await withLockedStore({ tx }, place.ref, (store) => markPlace(store, { tenant, user }, place, own, undefined));
    const { numDeletedRows } = await tx
      .deleteFrom('subscriptions')
      .where('tenant_id', '=', tenant)
      .where('user_id', '=', user)
      .where('name_hash', '=', hashOf(name))
      .executeTakeFirstOrThrow();
    return numDeletedRows > 0n;
  });
}

/** Records the name under which a folder of a locked store is subscribed to; undefined ends the subscription. */
async function markPlace(
  store: LockedStore,
  { user }: Subscriber,
  { ref, folder }: NamedPlace,
  own: boolean,
  as: Buffer | undefined,
): Promise<void> {
  if (!own) return writeAnnotations(store.tx, { ref, folder }, [{ user, name: SUBSCRIBED, value: as }]);
  await store
    .folders('subscriptions')
    .update()
    .set({ subscribed: as ? 1 : 0, subscribed_as: as ?? null })
    .where('id', '=', folder)
    .execute();
}

// A user who has as many names as possible can still list mailboxes: folders that other protocols have made are added when there is room.

/** Subscribes a user to the names of own folders that other protocols have made or renamed. */
export async function adoptOwn(
  context: StoreContext,
  subscriber: Subscriber,
  ref: StoreRef,
  places: readonly (NamedPlace & { subscribedAs: Buffer | null })[],
): Promise<void> {
  const renamed = places.filter(({ name, subscribedAs }) => !subscribedAs?.equals(markOf(subscriber, name)));
  if (renamed.length === 0) return;
  await changeStore(context, ref, async (store) => {
    const { tx } = store;
    const names = await subscriptionsOf(tx, subscriber);
    for (const { folder, name } of renamed) {
      if (!hasRoom(names, name)) continue;
      const mark = markOf(subscriber, name);
      const { numUpdatedRows } = await store
        .folders('subscriptions')
        .update()
        .set({ subscribed_as: mark })
        .where('id', '=', folder)
        // Another session may have added it before, and its client may have unsubscribed since.
        .where('subscribed', '=', 1)
        .where(sql<boolean>`NOT (\`subscribed_as\` <=> ${mark})`)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) continue;
      await insertName(tx, subscriber, name);
      names.add(name);
    }
  });
}

/** Subscribes a user to the new names of folders of other stores, as {@link adoptOwn} does for own folders. */
export async function adoptShared(
  context: StoreContext,
  subscriber: Subscriber,
  places: readonly NamedPlace[],
): Promise<void> {
  if (places.length === 0) return;
  const { tenant, user } = subscriber;
  const isRenamed = (noted: ReadonlyMap<FolderId, Buffer>, { folder, name }: NamedPlace): boolean =>
    noted.get(folder)?.equals(markOf(subscriber, name)) === false;
  const before = await subscribedFolders(context.db, tenant, user);
  const renamed = places.filter((place) => isRenamed(before, place));
  for (const [id, some] of Map.groupBy(renamed, ({ ref }) => ref.store))
    await changeStore(context, { tenant, store: id }, async (store) => {
      const { tx } = store;
      // Another session may have added it before, and its client may have unsubscribed since.
      const noted = await subscribedFolders(tx, tenant, user);
      const names = await subscriptionsOf(tx, subscriber);
      for (const place of some) {
        if (!isRenamed(noted, place) || !hasRoom(names, place.name)) continue;
        await markPlace(store, subscriber, place, false, markOf(subscriber, place.name));
        await insertName(tx, subscriber, place.name);
        names.add(place.name);
      }
    });
}

/** Ends the subscriptions of folders that an IMAP session renames: RFC 3501 §6.3.5 renames mailboxes, not subscriptions. */
export async function leaveNames(context: StoreContext, ref: StoreRef, folders: readonly FolderId[]): Promise<void> {
  await changeStore(context, ref, (store) =>
    store
      .folders('subscriptions')
      .update()
      .set({ subscribed: 0, subscribed_as: null })
      .where('id', 'in', [...folders])
      .execute(),
  );
}

const hasRoom = (names: ReadonlySet<string>, name: string): boolean =>
  names.has(name) || names.size < MAX_SUBSCRIPTIONS;

/** Adds a name to the subscriptions of a user. Returns false where the user has as many as possible. */
async function addName(tx: Database, subscriber: Subscriber, name: string): Promise<boolean> {
  const own = tx
    .selectFrom('subscriptions')
    .where('tenant_id', '=', subscriber.tenant)
    .where('user_id', '=', subscriber.user);
  const there = await own.select('name').where('name_hash', '=', hashOf(name)).executeTakeFirst();
  if (there) return true;
  const { count } = await own.select((query) => query.fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
  if (Number(count) >= MAX_SUBSCRIPTIONS) return false;
  await insertName(tx, subscriber, name);
  return true;
}

async function insertName(tx: Database, { tenant, user }: Subscriber, name: string): Promise<void> {
  await tx
    .insertInto('subscriptions')
    .values({ tenant_id: tenant, user_id: user, name_hash: hashOf(name), name })
    .onDuplicateKeyUpdate({ name })
    .execute();
}
