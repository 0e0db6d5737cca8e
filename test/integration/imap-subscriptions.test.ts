import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { unguarded } from '../../shared/database/database.ts';
import { deleteUser } from '../../shared/directory/entries/users.ts';
import type { FolderId } from '../../shared/store/engine/ids.ts';
import { createFolder } from '../../shared/store/folders/create-folder.ts';
import { folderByRole, listFolders } from '../../shared/store/folders/folder.ts';
import { moveFolder } from '../../shared/store/folders/move-folder.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { ImapDialogue } from '../support/imap-dialogue.ts';
import { type Mailbox, openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;
let gateway: TestGateway;
const open: ImapDialogue[] = [];

beforeAll(async () => {
  store = await openTestStore();
  gateway = await startTestGateway(store);
});
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});
afterAll(async () => {
  gateway.close();
  await store.close();
});

async function session(mailbox: Mailbox): Promise<ImapDialogue> {
  const client = await ImapDialogue.open(gateway.port, mailbox.login);
  open.push(client);
  return client;
}

/** The request of a MAPI client. */
const newFolder = (parent: FolderId, name: string) => ({ parent, name, subscribed: true, properties: new Map() });

const namesOf = (lines: readonly string[]): string[] => lines.map((line) => /"\/" "(.*)"/.exec(line)?.[1] ?? line);

describe('subscriptions (RFC 3501 §6.3.6 and §6.3.9)', () => {
  it('are of names: DELETE and RENAME leave them, and a new mailbox with the name has them', async () => {
    const client = await session(await store.mailbox('names@sub.test'));
    for (const name of ['a', 'a/b']) {
      await client.run(`CREATE ${name}`);
      await client.run(`SUBSCRIBE ${name}`);
    }
    await client.run('DELETE a/b');
    expect(await client.run('LSUB "" "a*"')).toEqual([
      '* LSUB (\\HasNoChildren) "/" "a"',
      '* LSUB (\\NonExistent) "/" "a/b"',
    ]);
    expect(await client.run('LIST (SUBSCRIBED) "" "a*"')).toEqual([
      '* LIST (\\HasNoChildren \\Subscribed) "/" "a"',
      '* LIST (\\HasNoChildren \\NonExistent \\Noselect \\Subscribed) "/" "a/b"',
    ]);
    expect(await client.run('LIST "" "a*" RETURN (SUBSCRIBED)')).toEqual([
      '* LIST (\\HasNoChildren \\Subscribed) "/" "a"',
    ]);
    await client.run('CREATE a/b');
    expect(await client.run('LSUB "" "a/*"')).toEqual(['* LSUB (\\HasNoChildren) "/" "a/b"']);
    await client.run('RENAME a c');
    expect(await client.run('LSUB "" "a*"')).toEqual([
      '* LSUB (\\NonExistent) "/" "a"',
      '* LSUB (\\NonExistent) "/" "a/b"',
    ]);
    expect(await client.run('LSUB "" "c*"')).toEqual([]);
    // With %, the level above, which does not exist either (RFC 3501 §6.3.9).
    await client.run('UNSUBSCRIBE a');
    expect(client.tagged).toMatch(/^OK/);
    expect(await client.run('LSUB "" "a%"')).toEqual(['* LSUB (\\Noselect) "/" "a"']);
    expect(await client.run('LIST (SUBSCRIBED RECURSIVEMATCH) "" "a%"')).toEqual([
      '* LIST (\\HasNoChildren \\NonExistent \\Noselect) "/" "a" ("CHILDINFO" ("SUBSCRIBED"))',
    ]);
    await client.run('UNSUBSCRIBE a/b');
    expect(await client.run('LSUB "" "a*"')).toEqual([]);
    await client.run('UNSUBSCRIBE a/b');
    expect(client.tagged).toMatch(/^NO \[NONEXISTENT\]/);
    await client.run('SUBSCRIBE nowhere');
    expect(client.tagged).toMatch(/^NO \[NONEXISTENT\]/);
  });

  it('appear as CHILDINFO only where the subscribed name is not listed itself (RFC 5258 §3.5)', async () => {
    const client = await session(await store.mailbox('child@sub.test'));
    for (const name of ['top/one', 'top/two/deep']) await client.run(`CREATE ${name}`);
    await client.run('SUBSCRIBE top/two/deep');
    expect(await client.run('LIST (SUBSCRIBED RECURSIVEMATCH) "" "top*"')).toEqual([
      '* LIST (\\HasNoChildren \\Subscribed) "/" "top/two/deep"',
    ]);
    expect(await client.run('LIST (SUBSCRIBED RECURSIVEMATCH) "" (top top/%)')).toEqual([
      '* LIST (\\HasChildren) "/" "top" ("CHILDINFO" ("SUBSCRIBED"))',
      '* LIST (\\HasChildren) "/" "top/two" ("CHILDINFO" ("SUBSCRIBED"))',
    ]);
    await client.run('CREATE top/kept (USE (\\Archive))');
    expect(await client.run('LIST (SPECIAL-USE RECURSIVEMATCH) "" top')).toEqual([
      '* LIST (\\HasChildren) "/" "top" ("CHILDINFO" ("SPECIAL-USE"))',
    ]);
  });

  it('include the folders of a new store, and folders that other protocols create or rename', async () => {
    const mailbox = await store.mailbox('mapi@sub.test');
    const client = await session(mailbox);
    expect(namesOf(await client.run('LSUB "" *'))).toContain('INBOX');
    const subtree = await folderByRole(store.db, mailbox, 'subtree');
    const made = await createFolder(store, mailbox, newFolder(subtree, 'Made'));
    expect(namesOf(await client.run('LSUB "" Made'))).toEqual(['Made']);
    await client.run('UNSUBSCRIBE Made');
    expect(await client.run('LSUB "" Made*')).toEqual([]);
    await client.run('SUBSCRIBE Made');
    await moveFolder(store, mailbox, made.id, { parent: subtree, name: 'Made elsewhere', syncId: 0 });
    expect(await client.run('LSUB "" Made*')).toEqual([
      '* LSUB (\\HasNoChildren) "/" "Made elsewhere"',
      '* LSUB (\\NonExistent) "/" "Made"',
    ]);
    // After a DELETE before any client has listed names, the name stays subscribed.
    await createFolder(store, mailbox, newFolder(subtree, 'Short'));
    await client.run('DELETE Short');
    expect(await client.run('LSUB "" Short')).toEqual(['* LSUB (\\NonExistent) "/" "Short"']);
  });

  it('belong to the new owner when a store gets one', async () => {
    const [old, next] = [await store.mailbox('old@sub.test'), await store.mailbox('next@sub.test')];
    await (await session(old)).run('LSUB "" *');
    const give = (mailbox: Mailbox, user: number | null) =>
      unguarded(store.db).updateTable('stores').set({ user_id: user }).where('id', '=', mailbox.store).execute();
    await give(next, null);
    await give(old, next.user);
    expect(namesOf(await (await session(next)).run('LSUB "" INBOX'))).toEqual(['INBOX']);
  });

  it('to folders of others stay when the right is revoked, and are deleted with the user', async () => {
    const [owner, guest] = [await store.mailbox('owner@sub.test'), await store.mailbox('guest@sub.test')];
    const [a, b] = [await session(owner), await session(guest)];
    await a.run('CREATE Shared');
    await a.run('SETACL Shared guest@sub.test lr');
    await b.run('SUBSCRIBE "user/owner@sub.test/Shared"');
    expect(namesOf(await b.run('LSUB "" user/*'))).toEqual(['user/owner@sub.test/Shared']);
    expect(await a.run('LSUB "" Shared')).toEqual([]);
    await a.run('SETACL Shared guest@sub.test -lr');
    expect(await b.run('LSUB "" user/*')).toEqual(['* LSUB (\\NonExistent) "/" "user/owner@sub.test/Shared"']);
    await deleteUser(store.db, guest.tenant, guest.login);
    const left = await store.db.selectFrom('subscriptions').select('name').where('user_id', '=', guest.user).execute();
    expect(left).toEqual([]);
    expect((await listFolders(store.db, owner)).find(({ name }) => name === 'Shared')?.subscribed).toBe(false);
  });
});
