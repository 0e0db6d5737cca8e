import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import type { MessagesTable } from '../../database/schema.ts';
import { compareTextKeys, type TextKey, textKey } from '../../mapi/compare.ts';
import { CHANGE, changesOfFolder, lastChange } from '../engine/changes.ts';
import type { FolderId, StoreRef, Uid } from '../engine/ids.ts';

/** Columns of text that messages are sorted by. */
export type SortedTextColumn = 'subject' | 'display_to';

/** The place of a message in an order: by its text, and among equal texts in the order of arrival. */
export interface TextPlace {
  uid: Uid;
  arrivalUid: number;
  key: TextKey;
}

/** Compares two places. Among equal texts the first that arrived is first, in a descending order as well. */
export const comparePlaces = (a: TextPlace, b: TextPlace, descending: boolean): number =>
  (descending ? -compareTextKeys(a.key, b.key) : compareTextKeys(a.key, b.key)) || a.arrivalUid - b.arrivalUid;

/** Changes that an order follows; after more of them it is read again. */
const MAX_CHANGES = 20_000;

/**
 * The live messages of a folder in the order of a text, read once and then kept up to date from the change feed. There is no index of it: text is
 * compared by the rules of a language (collation), and every delivery would pay for an index.
 */
export class TextOrder {
  private ascending: readonly TextPlace[] = [];
  private descending: readonly TextPlace[] | undefined;
  /** Changes up to this number are in the order; undefined before it is read. */
  private upTo: number | undefined;
  private running: Promise<void> = Promise.resolve();
  private readonly db: Database;
  private readonly ref: StoreRef;
  private readonly folder: FolderId;
  private readonly column: SortedTextColumn;

  constructor(db: Database, ref: StoreRef, folder: FolderId, column: SortedTextColumn) {
    this.db = db;
    this.ref = ref;
    this.folder = folder;
    this.column = column;
  }

  get size(): number {
    return this.ascending.length;
  }

  /** Gives the places as they are now, in a list that is never changed afterwards. */
  async places(descending: boolean): Promise<readonly TextPlace[]> {
    // One refresh at a time. Whether the one before failed is for its own callers.
    this.running = Promise.allSettled([this.running]).then(() => this.refresh());
    await this.running;
    if (!descending) return this.ascending;
    this.descending ??= this.ascending.toSorted((a, b) => comparePlaces(a, b, true));
    return this.descending;
  }

  private async refresh(): Promise<void> {
    const { upTo } = this;
    if (upTo === undefined) return this.readAll();
    const changes = await changesOfFolder(this.db, this.ref, this.folder, upTo, MAX_CHANGES);
    const last = changes.at(-1);
    if (!last) return;
    if (changes.length === MAX_CHANGES) return this.readAll();
    // A change of flags does not change the text.
    const touched = new Set(changes.flatMap(({ kind, uid }) => (kind === CHANGE.MESSAGE_CHANGED ? [] : (uid ?? []))));
    if (touched.size > 0) {
      const fresh = (await this.read([...touched])).sort((a, b) => comparePlaces(a, b, false));
      const kept = this.ascending.filter(({ uid }) => !touched.has(uid));
      this.ascending = merged(kept, fresh);
      this.descending = undefined;
    }
    this.upTo = last.seq;
  }

  private async readAll(): Promise<void> {
    // Read before the messages: a change in between is looked at again.
    const seq = await lastChange(this.db, this.ref);
    this.ascending = (await this.read()).sort((a, b) => comparePlaces(a, b, false));
    this.descending = undefined;
    this.upTo = seq;
  }

  private async read(uids?: readonly Uid[]): Promise<TextPlace[]> {
    const rows = await this.db
      .selectFrom('messages')
      .select(['uid', 'arrival_uid', sql.ref<string>(this.column).as('text')])
      .where('tenant_id', '=', this.ref.tenant)
      .where('folder_id', '=', this.folder)
      .where('deleted', '=', 0)
      .$if(uids !== undefined, (query) => query.where('uid', 'in', uids ?? []))
      .execute();
    return rows.map(({ uid, arrival_uid, text }) => ({
      uid: uid as Uid,
      arrivalUid: arrival_uid,
      key: textKey(text as MessagesTable[SortedTextColumn]),
    }));
  }
}

/** Merges two sorted lists. */
function merged(a: readonly TextPlace[], b: readonly TextPlace[]): TextPlace[] {
  const all: TextPlace[] = [];
  let i = 0;
  for (const place of b) {
    for (let next = a[i]; next && comparePlaces(next, place, false) < 0; next = a[i]) {
      all.push(next);
      i++;
    }
    all.push(place);
  }
  for (; i < a.length; i++) all.push(a[i] as TextPlace);
  return all;
}

/** Places in all orders of a process, some 150 bytes each; the least recently used orders are dropped first. */
const MAX_PLACES = 400_000;

/** A cache of the orders that were used lately. */
export class TextOrders {
  private readonly orders = new Map<string, TextOrder>();

  async places(
    db: Database,
    ref: StoreRef,
    folder: FolderId,
    column: SortedTextColumn,
    descending: boolean,
  ): Promise<readonly TextPlace[]> {
    const key = `${folder} ${column}`;
    const order = this.orders.get(key) ?? new TextOrder(db, ref, folder, column);
    this.orders.delete(key);
    this.orders.set(key, order);
    const places = await order.places(descending);
    this.makeRoom();
    return places;
  }

  private makeRoom(): void {
    let total = 0;
    for (const [key, { size }] of [...this.orders].reverse()) {
      total += 20 + size;
      // The last one stays, however large it is: it is in use.
      if (total > MAX_PLACES && total > 20 + size) this.orders.delete(key);
    }
  }
}
