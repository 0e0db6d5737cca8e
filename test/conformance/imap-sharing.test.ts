import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImapClient, literal, texts } from '../../scripts/clients/imap-client.ts';
import { LmtpClient } from '../../scripts/clients/lmtp-client.ts';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';

// Other users' folders and public folders, with the rights of RFC 4314.

let stack: TemporaryStack;

beforeAll(async () => {
  stack = await startTemporaryStack({ durable: false });
  await stack.tenant('share.test', ['anna', 'bert', 'carl']);
  await stack.tenant('other.test', ['mallory']);
});
afterAll(() => stack?.stop());

const open = (login: string) => ImapClient.open(stack.port('gateway', 'imaps'), login, 'pass');
const anna = () => open('anna@share.test');
const bert = () => open('bert@share.test');

const message = (subject: string): string => `From: p@peer.test\r\nSubject: ${subject}\r\n\r\nbody of ${subject}\r\n`;

async function deliver(user: string, ...subjects: string[]): Promise<void> {
  const client = await LmtpClient.open(stack.port('lmtp', 'lmtp'));
  for (const subject of subjects) await client.send([user], Buffer.from(message(subject)));
  client.close();
}

const THEIRS = '"user/anna@share.test/INBOX"';

describe("another user's folder", () => {
  it('exists for users with rights, and for no others', async () => {
    await deliver('anna@share.test', 'one', 'two', 'three');
    const [owner, guest] = [await anna(), await bert()];
    expect(await texts(owner, 'MYRIGHTS INBOX')).toEqual(['* MYRIGHTS "INBOX" lrswipkctedxa']);
    expect(await texts(guest, 'LIST "" "user*"')).toEqual([]);
    await expect(guest.command(`SELECT ${THEIRS}`)).rejects.toThrow('NONEXISTENT');
    await expect(guest.command(`GETACL ${THEIRS}`)).rejects.toThrow('NONEXISTENT');

    await owner.command('SETACL INBOX bert@share.test lr');
    expect(await texts(owner, 'GETACL INBOX')).toEqual([
      '* ACL "INBOX" "anna@share.test" lrswipkctedxa "bert@share.test" lrs',
    ]);
    expect(await texts(guest, 'LIST "" "user*"')).toEqual([
      '* LIST (\\HasChildren \\NonExistent \\Noselect) "/" "user"',
      '* LIST (\\HasChildren \\NonExistent \\Noselect) "/" "user/anna@share.test"',
      '* LIST (\\HasNoChildren) "/" "user/anna@share.test/INBOX"',
    ]);
    expect(await texts(guest, `MYRIGHTS ${THEIRS}`)).toEqual([`* MYRIGHTS ${THEIRS} lrs`]);
    await expect(guest.command(`GETACL ${THEIRS}`)).rejects.toThrow('NOPERM');
    await expect(guest.command(`SETACL ${THEIRS} bert@share.test lrswipkctedxa`)).rejects.toThrow('NOPERM');
    // The other folders of the store stay hidden.
    await expect(guest.command('STATUS "user/anna@share.test/Sent Items" (MESSAGES)')).rejects.toThrow('NONEXISTENT');

    // The right to read includes \Seen and no other change.
    const selected = await texts(guest, `SELECT ${THEIRS}`);
    expect(guest.tagged).toMatch(/^OK \[READ-ONLY\]/);
    expect(selected).toContain('* 3 EXISTS');
    await expect(guest.command('STORE 1 +FLAGS (\\Deleted)')).rejects.toThrow('NOPERM');
    await expect(guest.command(`APPEND ${THEIRS} ${literal(message('x'))}`)).rejects.toThrow('NOPERM');
    await expect(guest.command('CREATE "user/anna@share.test/INBOX/below"')).rejects.toThrow('NOPERM');
    await expect(guest.command('CREATE "user/anna@share.test/new"')).rejects.toThrow('NOPERM');
    await expect(guest.command('CREATE "user/carl@share.test/new"')).rejects.toThrow('NONEXISTENT');
    await expect(guest.command(`DELETE ${THEIRS}`)).rejects.toThrow('NOPERM');
    await expect(guest.command(`RENAME ${THEIRS} mine`)).rejects.toThrow('NOPERM');
    // A copy in the user's own store belongs to that user.
    await guest.command('UID COPY 2 INBOX');
    expect(guest.tagged).toMatch(/^OK \[COPYUID \d+ 2 1\]/);
    await guest.command('SELECT INBOX');
    expect((await guest.command('FETCH 1 BODY.PEEK[]'))[0]?.literals[0]?.toString()).toBe(message('two'));

    // A right that is revoked ends at once, also for a session that has selected the mailbox.
    const open = await bert();
    await open.command(`SELECT ${THEIRS}`);
    const idle = await bert();
    await idle.command(`SELECT ${THEIRS}`);
    idle.connection.write('i IDLE\r\n');
    await idle.response();
    await owner.command('DELETEACL INBOX bert@share.test');
    expect(await texts(guest, 'LIST "" "user*"')).toEqual([]);
    await expect(guest.command(`SELECT ${THEIRS}`)).rejects.toThrow('NONEXISTENT');
    await expect(open.command('FETCH 1:* (FLAGS)')).rejects.toThrow();
    await deliver('anna@share.test', 'not for bert');
    expect((await idle.response()).text).toMatch(/^\* BYE/);
    owner.close();
    guest.close();
  });

  it('can be changed with the rights for it; each user sees the changes of the other', async () => {
    await deliver('anna@share.test', 'to move');
    const [owner, guest] = [await anna(), await bert()];
    await owner.command('CREATE Project');
    await owner.command('SETACL Project bert@share.test lrswipkted');
    await guest.command('SELECT "user/anna@share.test/Project"');
    expect(guest.tagged).toMatch(/^OK \[READ-WRITE\]/);
    await owner.command('SELECT Project');
    await guest.command(`APPEND "user/anna@share.test/Project" (\\Flagged work) ${literal(message('from bert'))}`);
    expect(await texts(owner, 'NOOP')).toEqual([
      '* 1 EXISTS',
      '* 0 RECENT',
      expect.stringMatching(/^\* FLAGS \(.* work\)$/),
      expect.stringMatching(/^\* OK \[PERMANENTFLAGS \(.* work \\\*\)\]/),
    ]);
    expect(await texts(owner, 'FETCH 1 (FLAGS)')).toEqual(['* 1 FETCH (FLAGS (\\Flagged work))']);
    await owner.command('STORE 1 -FLAGS (work)');
    expect(await texts(guest, 'NOOP')).toEqual(
      ['* 1 EXISTS', '* 0 RECENT', '* 1 FETCH (UID 1 FLAGS (\\Flagged \\Recent))'].slice(2),
    );
    // IDLE reports changes in the other user's store.
    guest.connection.write('i IDLE\r\n');
    expect((await guest.response()).text).toBe('+ idling');
    await owner.command(`APPEND Project ${literal(message('again'))}`);
    expect((await guest.response()).text).toBe('* 2 EXISTS');
    guest.connection.write('DONE\r\n');
    while (!(await guest.response()).text.startsWith('i OK'));
    // A move between two stores.
    await guest.command('UID MOVE 1 INBOX');
    expect(await texts(owner, 'NOOP')).toContain('* 1 EXPUNGE');
    await guest.command('CREATE "user/anna@share.test/Project/below"');
    expect(await texts(owner, 'LIST "" "Project/*"')).toEqual(['* LIST (\\HasNoChildren) "/" "Project/below"']);
    // A subfolder has the rights of its parent until it has its own.
    await guest.command('SELECT "user/anna@share.test/Project/below"');
    await owner.command('SETACL Project/below bert@share.test -w');
    await owner.command('SETACL Project/below anyone l');
    expect(await texts(owner, 'GETACL Project/below')).toEqual([
      '* ACL "Project/below" "anna@share.test" lrswipkctedxa "anyone" l "bert@share.test" lrsipkcted',
    ]);
    // Each user has subscriptions of their own.
    await guest.command('SUBSCRIBE "user/anna@share.test/Project"');
    expect(await texts(guest, 'LSUB "" "user/*"')).toEqual([
      '* LSUB (\\HasChildren) "/" "user/anna@share.test/Project"',
    ]);
    expect(await texts(owner, 'LSUB "" "Project"')).toEqual([]);
    owner.close();
    guest.close();
  });

  it('changes rights letter by letter: flags without the right to them stay', async () => {
    const [owner, guest] = [await anna(), await open('carl@share.test')];
    await owner.command('CREATE Flags');
    await owner.command(`APPEND Flags ${literal(message('flags'))}`);
    await owner.command('SETACL Flags carl@share.test lrted');
    await guest.command('SELECT "user/anna@share.test/Flags"');
    expect(await texts(guest, 'STORE 1 FLAGS (\\Seen \\Flagged \\Deleted kw)')).toEqual([
      '* 1 FETCH (FLAGS (\\Seen \\Deleted \\Recent))',
    ]);
    await expect(guest.command('STORE 1 +FLAGS (\\Flagged)')).rejects.toThrow('NOPERM');
    await owner.command('SELECT Flags');
    await owner.command('STORE 1 +FLAGS (\\Answered kw)');
    expect((await texts(guest, 'STORE 1 FLAGS ()')).at(-1)).toBe('* 1 FETCH (FLAGS (\\Answered \\Recent kw))');
    await expect(owner.command('SETACL Flags carl@share.test lz')).rejects.toThrow('BAD');
    await expect(owner.command('SETACL Flags nobody@share.test l')).rejects.toThrow('NONEXISTENT');
    await expect(owner.command('SETACL Flags mallory@other.test l')).rejects.toThrow('NONEXISTENT');
    await expect(owner.command('SETACL Flags anna@share.test l')).rejects.toThrow('CANNOT');
    await owner.command('NOOP');
    expect(await texts(owner, 'LISTRIGHTS Flags carl@share.test')).toEqual([
      '* LISTRIGHTS "Flags" "carl@share.test" "" l rs w ip kc ted xa',
    ]);
    owner.close();
    guest.close();
  });

  it('of another tenant does not exist under any name', async () => {
    const [owner, stranger] = [await anna(), await open('mallory@other.test')];
    await owner.command('SETACL INBOX anyone lr');
    expect(await texts(stranger, 'LIST "" "user*"')).toEqual([]);
    for (const command of ['SELECT', 'GETACL', 'MYRIGHTS', 'SUBSCRIBE', 'DELETE', 'GETQUOTAROOT'])
      await expect(stranger.command(`${command} ${THEIRS}`)).rejects.toThrow('NONEXISTENT');
    await expect(stranger.command(`GETMETADATA ${THEIRS} /shared/comment`)).rejects.toThrow('NONEXISTENT');
    expect(await texts(await bert(), `STATUS ${THEIRS} (MESSAGES)`)).toEqual([
      expect.stringMatching(/MESSAGES \d+\)$/),
    ]);
    await owner.command('DELETEACL INBOX anyone');
    owner.close();
    stranger.close();
  });
});

describe('public folders', () => {
  it('exist for all users of a tenant', async () => {
    const [a, b, stranger] = [await anna(), await bert(), await open('mallory@other.test')];
    expect(await texts(a, 'NAMESPACE')).toEqual(['* NAMESPACE (("" "/")) (("user/" "/")) (("Public folders/" "/"))']);
    await a.command('CREATE "Public folders/News"');
    expect(await texts(b, 'LIST "" "Public folders/*"')).toContain(
      '* LIST (\\HasNoChildren) "/" "Public folders/News"',
    );
    await b.command(`APPEND "Public folders/News" ${literal(message('for all'))}`);
    await a.command('SELECT "Public folders/News"');
    expect(await texts(a, 'UID SEARCH SUBJECT "for all"')).toEqual(['* SEARCH 1']);
    expect(await texts(stranger, 'LIST "" "Public folders/*"')).not.toContain(
      '* LIST (\\HasNoChildren) "/" "Public folders/News"',
    );
    await expect(stranger.command('SELECT "Public folders/News"')).rejects.toThrow('NONEXISTENT');
    // Every user may read and add there, and cannot change messages of others.
    expect(await texts(b, 'MYRIGHTS "Public folders/News"')).toEqual(['* MYRIGHTS "Public folders/News" lrsipkc']);
    await expect(a.command('STORE 1 +FLAGS (\\Deleted)')).rejects.toThrow('NOPERM');
    await expect(a.command('CREATE "Public folders"')).rejects.toThrow('ALREADYEXISTS');
    expect(await stack.fsck()).toEqual([]);
    for (const client of [a, b, stranger]) client.close();
  });
});
