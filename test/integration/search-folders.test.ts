import type { LogEvent } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PR } from '../../shared/mapi/property-tags.ts';
import type { Restriction } from '../../shared/mapi/restriction.ts';
import { createFolder } from '../../shared/store/folders/create-folder.ts';
import { FOLDER_TYPE, type Folder, folderById, rootFolder } from '../../shared/store/folders/folder.ts';
import { ALL_RIGHTS } from '../../shared/store/folders/rights.ts';
import { VIEW } from '../../shared/store/messages/message-facts.ts';
import { type MapiStore, storeOfUser } from '../../shared/store/stores/stores.ts';
import { messageRows, openRows } from '../../shared/store/tables/open-rows.ts';
import { searchResults, setCriteria } from '../../shared/store/tables/search-folders.ts';
import { deliverTo, type Mailbox, openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;
let mailbox: Mailbox;
let mapiStore: MapiStore;
let inbox: Folder;
let search: Folder;
let opened = 0;

function note({ query }: LogEvent): void {
  if (/from `message_contents`/.test(query.sql)) opened += query.parameters.length - 2;
}

beforeAll(async () => {
  store = await openTestStore({}, { log: note });
  mailbox = await store.mailbox('search@folders.test');
  const found = await storeOfUser(store.db, mailbox.tenant, mailbox.user);
  if (!found) throw new Error('unreachable: the user has a store');
  mapiStore = found;
  inbox = await folderById(store.db, mailbox, mailbox.inbox);
  for (const subject of [
    'a blue one',
    'a red one',
    '',
    'BLUE again',
    `${'long '.repeat(60)}blue`,
    `${'long '.repeat(60)}red`,
  ])
    await deliverTo(store, [mailbox], `Subject: ${subject}\r\nFrom: a@b.test\r\n\r\ntext\r\n`);
  const root = await rootFolder(store.db, mailbox);
  search = await createFolder(store, mailbox, { parent: root.id, name: 'found', type: FOLDER_TYPE.SEARCH });
});
afterAll(() => store.close());

const contains = (tag: number, text: string): Restriction => ({
  type: 'content',
  tag,
  property: { tag, value: text },
  match: 'substring',
  ignoreCase: true,
  ignoreNonSpace: false,
  loose: false,
});

/** The ids of matching messages, found by opening every message. */
async function expected(tag: number, text: string): Promise<string[]> {
  const folders = new Map([[inbox.id, inbox]]);
  const rows = await messageRows(store.db, mapiStore, folders, { folder: inbox.id, view: VIEW.LIVE }, () => ALL_RIGHTS);
  await openRows(store, mapiStore, rows, [tag]);
  return rows
    .filter((row) =>
      String(row.get(tag) ?? '')
        .toLowerCase()
        .includes(text),
    )
    .map((row) => row.key.toString('hex'));
}

async function found(tag: number, text: string): Promise<{ ids: string[]; opened: number }> {
  opened = 0;
  await setCriteria(
    store,
    mapiStore,
    search,
    { restriction: contains(tag, text), folders: [inbox.guid], flags: 2 },
    undefined,
  );
  const messages = opened;
  const ids = await searchResults(store, mailbox, search.id);
  return { ids: ids.map((id) => id.toString('hex')).sort(), opened: messages };
}

describe('a search folder', () => {
  it('finds by subject from the columns, and opens only messages whose columns are truncated or empty', async () => {
    const blue = await expected(PR.SUBJECT, 'blue');
    expect(blue).toHaveLength(3);
    expect(await found(PR.SUBJECT, 'blue')).toEqual({ ids: blue.sort(), opened: 3 });
    expect((await folderById(store.db, mailbox, search.id)).messages).toBe(3);
  });

  it('finds by properties without a column from the documents', async () => {
    const red = await expected(PR.CONVERSATION_TOPIC, 'red');
    expect(red).toHaveLength(2);
    expect(await found(PR.CONVERSATION_TOPIC, 'red')).toEqual({ ids: red.sort(), opened: 6 });
  });
});
