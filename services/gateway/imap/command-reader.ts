import { MessageSpool } from '../../../shared/net/message-spool.ts';
import type { SocketReader } from '../../../shared/net/socket-reader.ts';
import type { CommandPiece } from '../../../shared/protocol/imap/arguments.ts';

/** A command as it was read. `messages` are the literals of an APPEND, which are not kept in memory. */
export interface ReadCommand {
  tag: string;
  name: string;
  /** The arguments, without the space before them. */
  pieces: CommandPiece[];
  messages: MessageSpool[];
}

/** A command that cannot be taken; its tag where that could be read. `fatal`: the connection cannot go on. */
export interface Rejected {
  tag: string;
  response: string;
  fatal: boolean;
}

export interface ReadLimits {
  /** Bytes of all lines of a command together, its literals apart. */
  line: number;
  /** Bytes of one literal that is kept in memory, and a quarter of what all of them together may have. */
  literal: number;
  /** Bytes of an APPEND's message, and a quarter of what all of them together may have. */
  message: number;
}

/** A string of the grammar's literal form at the end of a line (RFC 3501 §4.3, RFC 7888, RFC 3516). */
const LITERAL = /~?\{(\d{1,15})(\+?)\}$/;

/** RFC 3501 §9: a tag is any astring character but "+". */
const TAG = String.raw`([!#$&',\-./0-9:;<=>?@A-Z[\]^_${'`'}a-z|}~]+)`;
const COMMAND = new RegExp(`^${TAG} ((?:UID )?[A-Za-z]+)(?: (.*))?$`, 'is');
const TAGGED = new RegExp(`^${TAG} `);

/** Literals of one command: the messages and the pieces of messages of an APPEND. */
const MAX_LITERALS = 100;

export interface CommandSource {
  reader: SocketReader;
  /** Waits for bytes from the client; false when there will be none. */
  more: () => Promise<boolean>;
  respond: (line: string) => Promise<void>;
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

async function readPieces(
  source: CommandSource,
  limits: ReadLimits,
  command: ReadCommand,
): Promise<ReadCommand | Rejected | undefined> {
  const { pieces, messages } = command;
  let kept = 0;
  let spooled = 0;
  let lines = 0;
  for (;;) {
    const line = await readLine(source, limits.line - lines);
    if (line === undefined) return undefined;
    if (line === 'too-long') return { tag: command.tag, response: 'BAD The line is too long', fatal: true };
    lines += line.length;
    let text = line;
    if (pieces.length === 0) {
      const match = COMMAND.exec(line);
      if (!match)
        return {
          tag: TAGGED.exec(line)?.[1] ?? '*',
          response: 'BAD A tag and a command expected',
          fatal: LITERAL.test(line),
        };
      command.tag = match[1] ?? '*';
      command.name = (match[2] ?? '').toUpperCase();
      text = match[3] ?? '';
    }
    const literal = LITERAL.exec(text);
    if (!literal) {
      pieces.push(text);
      return command;
    }
    const size = Number(literal[1]);
    const synchronizing = literal[2] === '';
    const before = text.slice(0, literal.index);
    const isMessage = carriesMessage(command.name, pieces.length === 0, before);
    pieces.push(before);
    const left = isMessage ? 4 * limits.message - spooled : 4 * limits.literal - kept;
    if (size > Math.min(isMessage ? limits.message : limits.literal, left) || pieces.length > 2 * MAX_LITERALS) {
      const response = isMessage ? 'NO [TOOBIG] The message is too big' : 'BAD [TOOBIG] The literal is too big';
      if (synchronizing) return { tag: command.tag, response, fatal: false };
      // RFC 7888 §4: what a non-synchronizing literal brings must be read all the same, if it is not absurd.
      const passed = isMessage && (await passOver(source, size, limits));
      return { tag: command.tag, response, fatal: !passed };
    }
    if (synchronizing) await source.respond('+ go ahead');
    if (isMessage) {
      const message = new MessageSpool();
      messages.push(message);
      if (!(await takeBytes(source, size, (bytes) => message.write(bytes)))) return undefined;
      pieces.push({ spooled: messages.length - 1 });
      spooled += size;
    } else {
      while (source.reader.buffer.length < size) if (!(await source.more())) return undefined;
      pieces.push(Buffer.from(source.reader.take(size)));
      kept += size;
    }
  }
}

/** Whether a literal is a message or a piece of one, and not a mailbox's name or a URL. */
function carriesMessage(name: string, first: boolean, before: string): boolean {
  if (name === 'APPEND') return !(first && before === '') && !/\bURL $/i.test(before);
  if (name === 'REPLACE' || name === 'UID REPLACE')
    return !(first && /^\S+ $/.test(before)) && !/\bURL $/i.test(before);
  return false;
}

/** Takes so many bytes as they come; false when the client has gone before that. */
async function takeBytes(
  { reader, more }: CommandSource,
  size: number,
  use: (bytes: Buffer) => Promise<void> | undefined,
): Promise<boolean> {
  for (let left = size; left > 0; ) {
    if (reader.buffer.length === 0 && !(await more())) return false;
    const bytes = reader.take(Math.min(left, reader.buffer.length));
    left -= bytes.length;
    await use(bytes);
  }
  return true;
}

async function readLine({ reader, more }: CommandSource, limit: number): Promise<string | 'too-long' | undefined> {
  for (;;) {
    const end = reader.buffer.indexOf(10);
    if (end > limit || (end < 0 && reader.buffer.length > limit)) return 'too-long';
    if (end >= 0) {
      const line = reader.take(end + 1);
      return line.toString('latin1', 0, line[end - 1] === 13 ? end - 1 : end);
    }
    if (!(await more())) return undefined;
  }
}

/** Reads the rest of a command and drops it; false where that is too much, or the client has gone. */
async function passOver(source: CommandSource, size: number, limits: ReadLimits): Promise<boolean> {
  let passed = 0;
  for (let next = size; ; ) {
    passed += next;
    if (passed > 4 * limits.message) return false;
    if (!(await takeBytes(source, next, () => undefined))) return false;
    const line = await readLine(source, limits.line);
    if (line === undefined || line === 'too-long') return false;
    const literal = LITERAL.exec(line);
    if (!literal) return true;
    if (literal[2] === '') return false;
    next = Number(literal[1]);
  }
}
