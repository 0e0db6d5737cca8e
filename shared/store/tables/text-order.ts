import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import type { MessagesTable } from '../../database/schema.ts';
import { compareTextKeys, type TextKey, textKey } from '../../mapi/compare.ts';
import { CHANGE, changesOfFolder, lastChange } from '../engine/changes.ts';
import type { FolderId, StoreRef, Uid } from '../engine/ids.ts';

/** Columns of text that messages are sorted by. */
export type TextColumn = 'subject' | 'display_to';

/** Where a message stands: by its text, and among those of one text in the order in which they came. */
export interface TextPlace {
  uid: Uid;
  arrivalUid: number;
  key: TextKey;
}

/** The order of two places. What came first stands first among equals, also where the text descends. */
export const comparePlaces = (a: TextPlace, b: TextPlace, descending: boolean): number =>
  (descending ? -compareTextKeys(a.key, b.key) : compareTextKeys(a.key, b.key)) || a.arrivalUid - b.arrivalUid;

/** Changes that an order follows; after more of them it is read anew. */
const MAX_CHANGES = 20_000;

/**
 * The live messages of a folder in the order of a text, read once and then kept up to date from the change feed. No index has it: text is
 * compared as people do, and an index of every text would be paid for by each delivery.
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
  private readonly column: TextColumn;

  constructor(db: Database, ref: StoreRef, folder: FolderId, column: TextColumn) {
    this.db = db;
    this.ref = ref;
    this.folder = folder;
    this.column = column;
  }

  get size(): number {
    return this.ascending.length;
  }

  /** The places as they are now; what is given is never changed afterwards. */
  async places(descending: boolean): Promise<readonly TextPlace[]> {
    this.running = this.running.catch(() => {}).then(() => this.refresh());
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
    // Marks say nothing about the text.
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
    // Read first: what changes meanwhile is looked at again.
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
      key: textKey(text as MessagesTable[TextColumn]),
    }));
  }
}

/** Two lists in order as one. */
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

/** Places that all orders of a process hold together, some 150 bytes each; the least lately used go first. */
const MAX_PLACES = 400_000;

/** The orders that were asked for lately. */
export class TextOrders {
  private readonly orders = new Map<string, TextOrder>();

  async places(
    db: Database,
    ref: StoreRef,
    folder: FolderId,
    column: TextColumn,
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
