import { directoryEntryId, findGroup, findUser } from '../../../../shared/directory/entries/entries.ts';
import { PamojaError } from '../../../../shared/mapi/error.ts';
import { encodeString, utf8Bytes, utf8Text } from '../../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { FolderId } from '../../../../shared/store/engine/ids.ts';
import { listFolderEntries } from '../../../../shared/store/folders/folder.ts';
import {
  type AclEntry,
  ALL_RIGHTS,
  aclOfStore,
  changeAcl,
  PUBLIC_RIGHTS,
  RIGHT,
} from '../../../../shared/store/folders/rights.ts';
import type { CommandHandler } from '../command.ts';
import { encodePath, requireFolder } from '../mailbox-tree.ts';
import type { NamedFolder } from '../named-folder.ts';
import type { ImapSession } from '../session.ts';

// RFC 4314, with the rights of MAPI (manual 8.3.4). An identifier is a login, `$` and the name of a group, or `anyone`; with `-` before it
// the entry denies rights.

/** Letters that stand for one right of MAPI, and go together (RFC 4314 §2.1.1 for `c` and `d`). */
const LETTERS: readonly (readonly [string, number])[] = [
  ['l', RIGHT.VISIBLE],
  ['rs', RIGHT.READ],
  ['w', RIGHT.EDIT_ALL | RIGHT.EDIT_OWN],
  ['ip', RIGHT.CREATE],
  ['kc', RIGHT.CREATE_SUBFOLDER],
  ['ted', RIGHT.DELETE_ALL | RIGHT.DELETE_OWN],
  ['xa', RIGHT.FOLDER_OWNER],
];

/** The rights that decide whether a group of letters is shown: rights on one's own messages alone have no letter. */
const SHOWN =
  RIGHT.VISIBLE |
  RIGHT.READ |
  RIGHT.EDIT_ALL |
  RIGHT.CREATE |
  RIGHT.CREATE_SUBFOLDER |
  RIGHT.DELETE_ALL |
  RIGHT.FOLDER_OWNER;

const lettersOf = (rights: number): string =>
  LETTERS.filter(([, bits]) => rights & bits & SHOWN)
    .map(([letters]) => letters)
    .join('');

function rightsOf(text: string): number {
  let rights = 0;
  for (const letter of text) {
    const found = LETTERS.find(([letters]) => letters.includes(letter));
    if (!found) throw new ImapSyntaxError(`${letter} is not a right`);
    rights |= found[1];
  }
  return rights;
}

export const myrightsCommand: CommandHandler = async (session, args) => {
  const name = args.astring();
  args.end();
  const { path, rights } = await requireFolder(session, name);
  session.output.respond(`* MYRIGHTS ${encodePath(session.extensions, path)} ${lettersOf(rights) || '""'}`);
};

export const getaclCommand: CommandHandler = async (session, args) => {
  const name = args.astring();
  args.end();
  const entry = await requireFolder(session, name, RIGHT.FOLDER_OWNER);
  const shown: string[] = [];
  if (entry.tree.owner) shown.push(`${encodeString(utf8Bytes(entry.tree.owner.login))} ${lettersOf(ALL_RIGHTS)}`);
  for (const acl of await entriesOf(session, entry)) {
    const identifier = await nameOf(session, acl);
    if (identifier !== undefined) shown.push(`${encodeString(utf8Bytes(identifier))} ${lettersOf(acl.rights) || '""'}`);
  }
  session.output.respond([`* ACL ${encodePath(session.extensions, entry.path)}`, ...shown].join(' '));
};

export const listrightsCommand: CommandHandler = async (session, args) => {
  const name = args.astring();
  args.space();
  const identifier = utf8Text(args.astring());
  args.end();
  const { path } = await requireFolder(session, name, RIGHT.FOLDER_OWNER);
  const groups = LETTERS.map(([letters]) => letters).join(' ');
  session.output.respond(
    `* LISTRIGHTS ${encodePath(session.extensions, path)} ${encodeString(utf8Bytes(identifier))} "" ${groups}`,
  );
};

export const setaclCommand: CommandHandler = async (session, args) => {
  const name = args.astring();
  args.space();
  const identifier = utf8Text(args.astring());
  args.space();
  const [, sign = '', letters = ''] = /^([+-]?)(.*)$/s.exec(args.astring()) ?? [];
  args.end();
  const given = rightsOf(letters);
  const entry = await requireFolder(session, name, RIGHT.FOLDER_OWNER);
  const holder = await memberOf(session, entry, identifier);
  const old = (await entriesOf(session, entry)).find((each) => isSame(each, holder))?.rights ?? 0;
  const rights = sign === '+' ? old | given : sign === '-' ? old & ~given : given;
  await changeAcl(session.context.store, entry.tree.ref, entry.folder.id, [{ ...holder, rights }], []);
  audit(session, entry, `'${identifier}' may '${lettersOf(rights)}'`);
};

export const deleteaclCommand: CommandHandler = async (session, args) => {
  const name = args.astring();
  args.space();
  const identifier = utf8Text(args.astring());
  args.end();
  const entry = await requireFolder(session, name, RIGHT.FOLDER_OWNER);
  const holder = await memberOf(session, entry, identifier);
  const { ref } = entry.tree;
  await changeAcl(session.context.store, ref, entry.folder.id, [], [holder]);
  // Rights that a folder above gives would apply again: an entry without rights stops that.
  if ((await entriesOf(session, entry)).some((each) => isSame(each, holder)))
    await changeAcl(session.context.store, ref, entry.folder.id, [{ ...holder, rights: 0 }], []);
  audit(session, entry, `'${identifier}' has no entry`);
};

function audit(session: ImapSession, { tree, folder }: NamedFolder, what: string): void {
  const { login } = session.login.requireAccount();
  session.context.log.info(
    { audit: true },
    `rights changed store='${tree.ref.store}' folder='${folder.id}' by='${login}' ${what}`,
  );
}

type Member = Pick<AclEntry, 'kind' | 'member' | 'denied'>;

const isSame = (a: Member, b: Member): boolean => a.kind === b.kind && a.member === b.member && a.denied === b.denied;

/** The effective entries of a folder: its own, and those of the folders above for other holders. */
async function entriesOf(session: ImapSession, { tree, folder }: NamedFolder): Promise<AclEntry[]> {
  const { db } = session.context.store;
  const acl = await aclOfStore(db, tree.ref);
  const parents = new Map((await listFolderEntries(db, tree.ref)).map(({ id, parent }) => [id, parent]));
  const found: AclEntry[] = [];
  // An entry for anyone applies to everyone, so the folders above it do not count.
  const isAnyone = ({ kind, member }: AclEntry) => kind === 'group' && member === 0;
  for (let at: FolderId | null | undefined = folder.id; at && !found.some(isAnyone); at = parents.get(at))
    found.push(...(acl.get(at) ?? []).filter((entry) => !found.some((other) => isSame(entry, other))));
  if (tree.owner !== undefined || found.some(isAnyone)) return found;
  return [...found, { kind: 'group', member: 0, denied: false, rights: PUBLIC_RIGHTS }];
}

/** The identifier of a holder of rights; undefined for one that was deleted, or is of another tenant. */
async function nameOf(session: ImapSession, { kind, member, denied }: AclEntry): Promise<string | undefined> {
  // RFC 4314 has no identifier for a tenant: these entries are for MAPI clients.
  if (kind === 'company') return undefined;
  const person = member === 0 ? undefined : await personOf(session, directoryEntryId(kind, member));
  const name = kind === 'user' ? person?.name : member === 0 ? 'anyone' : person && `$${person.name}`;
  return name && (denied ? `-${name}` : name);
}

async function personOf(
  session: ImapSession,
  holder: ReturnType<typeof directoryEntryId>,
): Promise<{ name: string } | undefined> {
  const { db } = session.context.store;
  const scope = [session.login.ref.tenant];
  try {
    if (holder.kind === 'company') return undefined;
    return holder.kind === 'user'
      ? await findUser(db, scope, { id: holder.id })
      : await findGroup(db, scope, { id: holder.id });
  } catch (error) {
    if (!PamojaError.is(error, 'NOT_FOUND')) throw error;
    return undefined;
  }
}

/** The holder that an identifier names, within the tenant. Throws NOT_FOUND, and INVALID_PARAMETER for the owner, who always has all rights. */
async function memberOf(session: ImapSession, { tree }: NamedFolder, identifier: string): Promise<Member> {
  const { db } = session.context.store;
  const scope = [session.login.ref.tenant];
  const denied = identifier.startsWith('-');
  const name = denied ? identifier.slice(1) : identifier;
  if (name.toLowerCase() === 'anyone') return { kind: 'group', member: 0, denied };
  if (name.startsWith('$')) {
    const group = await findGroup(db, scope, { name: name.slice(1) });
    return { kind: 'group', member: group.id, denied };
  }
  if (name.toLowerCase() === tree.owner?.login.toLowerCase())
    throw new PamojaError('INVALID_PARAMETER', 'the owner has all rights');
  return { kind: 'user', member: (await findUser(db, scope, { name })).id, denied };
}
