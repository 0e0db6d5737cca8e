import { MessageSpool } from '../../../shared/net/message-spool.ts';
import type { CommandPiece } from '../../../shared/protocol/imap/arguments.ts';
import { type ByteSource, readLine } from '../line-reader.ts';

/** A command. `messages` are the literals of an APPEND, which are not kept in memory. */
export interface ReadCommand {
  tag: string;
  name: string;
  /** The arguments, without the space before them. */
  pieces: CommandPiece[];
  messages: MessageSpool[];
}

/** A command that was rejected, with its tag where that could be read. `fatal`: the connection cannot go on. */
export interface Rejected {
  tag: string;
  response: string;
  fatal: boolean;
}

export interface ReadLimits {
  /** Octets of all lines of a command together, without its literals. */
  line: number;
  /** Octets of one literal that is kept in memory, and a quarter of the limit for all of them together. */
  literal: number;
  /** Octets of one message of an APPEND, and a quarter of the limit for all of them together. */
  message: number;
}

/** A string of the grammar's literal form at the end of a line (RFC 3501 §4.3, RFC 7888, RFC 3516). */
const LITERAL = /~?\{(\d{1,15})(\+?)\}$/;

/** RFC 3501 §9: a tag is any astring character but "+". */
const TAG = String.raw`([!#$&',\-./0-9:;<=>?@A-Z[\]^_${'`'}a-z|}~]+)`;
const COMMAND = new RegExp(`^${TAG} ((?:UID )?[A-Za-z]+)(?: (.*))?$`, 'is');
const TAGGED = new RegExp(`^${TAG} `);

/** Literals of one command: an APPEND may have several messages of several parts. */
const MAX_LITERALS = 100;

/** A client as its commands are read: a synchronizing literal is asked for (RFC 3501 §4.3). */
export interface CommandSource extends ByteSource {
  output: { respondNow(line: string): Promise<void> };
}

/** Reads one command with its literals. Undefined when the client has gone. */
export async function readCommand(
  source: CommandSource,
  limits: ReadLimits,
): Promise<ReadCommand | Rejected | undefined> {
  const command: ReadCommand = { tag: '*', name: '', pieces: [], messages: [] };
  const result = await readPieces(source, limits, command);
  if (result !== command) for (const message of command.messages) await message.dispose();
  return result;
}

/** The sizes of the parts of a command that have arrived, for its limits. */
interface Usage {
  /** Characters of its lines. */
  lines: number;
  /** Octets of literals that are kept in memory. */
  kept: number;
  /** Octets of messages. */
  spooled: number;
}

async function readPieces(
  source: CommandSource,
  limits: ReadLimits,
  command: ReadCommand,
): Promise<ReadCommand | Rejected | undefined> {
  const { pieces } = command;
  const used: Usage = { lines: 0, kept: 0, spooled: 0 };
  for (;;) {
    const line = await readLine(source, limits.line - used.lines, 'latin1');
    if (line === undefined) return undefined;
    if (line === 'too-long') return { tag: command.tag, response: 'BAD The line is too long', fatal: true };
    used.lines += line.length;
    const text = pieces.length === 0 ? readName(line, command) : line;
    if (typeof text !== 'string') return text;
    const literal = LITERAL.exec(text);
    if (!literal) {
      pieces.push(text);
      return command;
    }
    const before = text.slice(0, literal.index);
    const isMessage = carriesMessage(command.name, pieces.length === 0, before);
    pieces.push(before);
    const size = Number(literal[1]);
    const synchronizing = literal[2] === '';
    if (isTooBig(size, isMessage, limits, used) || pieces.length > 2 * MAX_LITERALS)
      return rejectLiteral(source, limits, command.tag, { size, isMessage, synchronizing });
    if (synchronizing) await source.output.respondNow('+ go ahead');
    const read = isMessage ? await readMessage(source, size, command) : await readLiteral(source, size, command);
    if (!read) return undefined;
    if (isMessage) used.spooled += size;
    else used.kept += size;
  }
}

/** Reads tag and name of a command; gives its arguments. */
function readName(line: string, command: ReadCommand): string | Rejected {
  const match = COMMAND.exec(line);
  if (!match)
    return {
      tag: TAGGED.exec(line)?.[1] ?? '*',
      response: 'BAD A tag and a command expected',
      fatal: LITERAL.test(line),
    };
  command.tag = match[1] ?? '*';
  command.name = (match[2] ?? '').toUpperCase();
  return match[3] ?? '';
}

function isTooBig(size: number, isMessage: boolean, limits: ReadLimits, used: Usage): boolean {
  const limit = isMessage ? limits.message : limits.literal;
  return size > Math.min(limit, 4 * limit - (isMessage ? used.spooled : used.kept));
}

/** RFC 7888 §4: the octets of a non-synchronizing literal must be read all the same, unless there are far too many. */
async function rejectLiteral(
  source: CommandSource,
  limits: ReadLimits,
  tag: string,
  { size, isMessage, synchronizing }: { size: number; isMessage: boolean; synchronizing: boolean },
): Promise<Rejected> {
  const response = isMessage ? 'NO [TOOBIG] The message is too big' : 'BAD [TOOBIG] The literal is too big';
  if (synchronizing) return { tag, response, fatal: false };
  const skipped = isMessage && (await skipCommand(source, size, limits));
  return { tag, response, fatal: !skipped };
}

async function readMessage(source: CommandSource, size: number, { messages, pieces }: ReadCommand): Promise<boolean> {
  const message = new MessageSpool();
  messages.push(message);
  if (!(await takeBytes(source, size, (bytes) => message.write(bytes)))) return false;
  pieces.push({ spooled: messages.length - 1 });
  return true;
}

async function readLiteral(source: CommandSource, size: number, { pieces }: ReadCommand): Promise<boolean> {
  while (source.reader.buffer.length < size) if (!(await source.more())) return false;
  pieces.push(Buffer.from(source.reader.take(size)));
  return true;
}

/** Whether a literal is a message or a piece of one, and not a mailbox's name or a URL. */
function carriesMessage(name: string, first: boolean, before: string): boolean {
  if (name === 'APPEND') return !(first && before === '') && !/\bURL $/i.test(before);
  if (name === 'REPLACE' || name === 'UID REPLACE')
    return !(first && /^\S+ $/.test(before)) && !/\bURL $/i.test(before);
  return false;
}

/** Takes `size` octets as they arrive; false when the client has gone before that. */
async function takeBytes(
  source: CommandSource,
  size: number,
  use: (bytes: Buffer) => Promise<void> | undefined,
): Promise<boolean> {
  for (let left = size; left > 0; ) {
    const { reader } = source;
    if (reader.buffer.length === 0 && !(await source.more())) return false;
    const bytes = reader.take(Math.min(left, reader.buffer.length));
    left -= bytes.length;
    await use(bytes);
  }
  return true;
}

/** Reads the rest of a command and drops it; false where it is too long, or the client has gone. */
async function skipCommand(source: CommandSource, size: number, limits: ReadLimits): Promise<boolean> {
  let skipped = 0;
  for (let next = size; ; ) {
    skipped += next;
    if (skipped > 4 * limits.message) return false;
    if (!(await takeBytes(source, next, () => undefined))) return false;
    const line = await readLine(source, limits.line, 'latin1');
    if (line === undefined || line === 'too-long') return false;
    const literal = LITERAL.exec(line);
    if (!literal) return true;
    if (literal[2] === '') return false;
    next = Number(literal[1]);
  }
}
