import { PamojaError } from '../../../../shared/mapi/error.ts';
import type { Arguments } from '../../../../shared/protocol/imap/arguments.ts';
import { encodeString } from '../../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import {
  type Annotated,
  type Annotation,
  listAnnotations,
  MAX_ANNOTATION,
  setAnnotations,
} from '../../../../shared/store/folders/annotations.ts';
import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import type { CommandHandler } from '../command.ts';
import { MetadataLimit } from '../error-responses.ts';
import { encodePath, requireFolder, requireRights } from '../mailbox-tree.ts';
import type { ImapSession } from '../session.ts';

// RFC 5464: annotations of mailboxes and of the server; private ones, and shared ones for all users with access to the mailbox.

interface Options {
  maxSize: number;
  depth: number;
}

export const getmetadataCommand: CommandHandler = async (session, args) => {
  const options = parseOptions(args);
  const name = args.astring();
  args.space();
  const wanted = args.peek() === '(' ? args.list(() => entryName(args)) : [entryName(args)];
  args.end();
  const { about, label } = await aboutOf(session, name, RIGHT.READ);
  const { db } = session.context.store;
  const annotations = await listAnnotations(db, about, session.login.requireAccount().user);
  const found = wanted.flatMap((entry) => matching(annotations, entry, options.depth));
  const short = found.filter(({ value }) => (value?.length ?? 0) <= options.maxSize);
  const longest = Math.max(0, ...found.map(({ value }) => value?.length ?? 0));
  if (short.length > 0) await sendAnnotations(session, label, short);
  // RFC 5464 §4.2.1
  return short.length < found.length ? `METADATA LONGENTRIES ${longest}` : undefined;
};

/** RFC 5464 §5: a value with a NUL in it is a literal8. */
async function sendAnnotations(
  session: ImapSession,
  label: string,
  annotations: readonly { name: string; value: Buffer | undefined }[],
): Promise<void> {
  let before = `* METADATA ${label} (`;
  for (const { name, value } of annotations) {
    session.output.respondPart(`${before}${encodeString(name)} `);
    before = ' ';
    if (value?.includes(0)) {
      session.output.respondPart(`~{${value.length}}\r\n`);
      await session.output.sendBytes(value);
    } else session.output.respondPart(value ? encodeString(value.toString('latin1')) : 'NIL');
  }
  session.output.respond(')');
}

export const setmetadataCommand: CommandHandler = async (session, args) => {
  const name = args.astring();
  args.space();
  const changes = args.list(() => {
    const entry = entryName(args);
    // /private and /shared themselves have no value.
    if (entry.lastIndexOf('/') === 0) throw new ImapSyntaxError('not the name of an annotation');
    args.space();
    const value = args.nstring8();
    return { entry, value: value === undefined ? undefined : Buffer.from(value, 'latin1') };
  });
  args.end();
  const { about, rights } = await aboutOf(session, name, 0);
  const { user } = session.login.requireAccount();
  if (changes.some(({ entry }) => entry.startsWith('/shared/'))) {
    if (about.folder === 0) throw new PamojaError('NO_ACCESS', 'only an administrator may annotate the server');
    requireRights({ rights }, RIGHT.EDIT_ALL);
  }
  if (changes.some(({ value }) => (value?.length ?? 0) > MAX_ANNOTATION))
    throw new MetadataLimit(`MAXSIZE ${MAX_ANNOTATION}`);
  try {
    await setAnnotations(
      session.context.store,
      about,
      changes.map(({ entry, value }) => ({ user: entry.startsWith('/shared/') ? 0 : user, name: entry, value })),
    );
  } catch (error) {
    throw PamojaError.is(error, 'TOO_COMPLEX') ? new MetadataLimit('TOOMANY') : error;
  }
};

async function aboutOf(
  session: ImapSession,
  name: string,
  right: number,
): Promise<{ about: Annotated; label: string; rights: number }> {
  if (name === '') return { about: { ref: session.login.ref, folder: 0 }, label: '""', rights: 0 };
  const { folder, path, rights, tree } = await requireFolder(session, name, right);
  return { about: { ref: tree.ref, folder: folder.id }, label: encodePath(session.extensions, path), rights };
}

/** RFC 5464 §3.1: private or shared, in ASCII, without wildcards and empty levels, case-insensitive. */
function entryName(args: Arguments): string {
  const name = args.astring().toLowerCase();
  if (!/^\/(private|shared)(\/[!-$&-)+-.0-~]+)*$/.test(name) || name.length > 255)
    throw new ImapSyntaxError('not the name of an annotation');
  return name;
}

/** The entry itself, also where it does not exist, and the entries below it down to a depth. */
function matching(
  annotations: readonly Annotation[],
  entry: string,
  depth: number,
): { name: string; value: Buffer | undefined }[] {
  const own = annotations.find(({ name }) => name === entry);
  const below = annotations.filter(
    ({ name }) => name.startsWith(`${entry}/`) && name.slice(entry.length + 1).split('/').length <= depth,
  );
  return [...(own || depth === 0 ? [{ name: entry, value: own?.value }] : []), ...below];
}

function parseOptions(args: Arguments): Options {
  const options: Options = { maxSize: Number.POSITIVE_INFINITY, depth: 0 };
  if (args.peek() !== '(') return options;
  args.list(() => {
    if (args.skipWord('MAXSIZE ')) options.maxSize = args.number();
    else if (args.skipWord('DEPTH INFINITY')) options.depth = Number.POSITIVE_INFINITY;
    else if (args.skipWord('DEPTH ')) options.depth = args.number();
    else throw new ImapSyntaxError('MAXSIZE or DEPTH expected');
  });
  args.space();
  return options;
}
