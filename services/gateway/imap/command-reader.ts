import type { SocketReader } from '../../../shared/platform/socket-reader.ts';
import type { CommandPiece } from '../../../shared/protocol/imap/arguments.ts';
import { MessageSpool } from '../../../shared/store/message-spool.ts';

/** A command as it was read. `message` is the literal of an APPEND, which is not kept in memory. */
export interface ReadCommand {
  tag: string;
  name: string;
  /** The arguments, without the space before them. */
  pieces: CommandPiece[];
  message: MessageSpool | undefined;
}

/** A command that cannot be taken; its tag where that could be read. `fatal`: the connection cannot go on. */
export interface Rejected {
  tag: string;
  response: string;
  fatal: boolean;
}

export interface ReadLimits {
  /** Bytes of one line of a command. */
  line: number;
  /** Bytes of one literal that is kept in memory, and of all of them together. */
  literal: number;
  /** Bytes of an APPEND's message. */
  message: number;
}

/** A string of the grammar's literal form at the end of a line (RFC 3501 §4.3, RFC 7888). */
const LITERAL = /\{(\d{1,15})(\+?)\}$/;

/** Reads one command with its literals. Undefined when the client has gone. */
export async function readCommand(
  reader: SocketReader,
  limits: ReadLimits,
  more: () => Promise<boolean>,
  respond: (line: string) => Promise<void>,
): Promise<ReadCommand | Rejected | undefined> {
  const pieces: CommandPiece[] = [];
  let tag = '*';
  let name = '';
  let message: MessageSpool | undefined;
  let kept = 0;
  for (;;) {
    const line = await readLine(reader, limits.line, more);
    if (line === undefined) {
      await message?.dispose();
      return undefined;
    }
    if (line === 'too-long') return { tag, response: 'BAD The line is too long', fatal: true };
    let text = line;
    if (pieces.length === 0) {
      // RFC 3501 §9: a tag is any astring character but "+".
      const match = /^([!#$&',\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+) ((?:UID )?[A-Za-z]+)(?: (.*))?$/is.exec(line);
      if (!match) {
        const tagged = /^([!#$&',\-./0-9:;<=>?@A-Z[\]^_`a-z|}~]+) /.exec(line);
        return { tag: tagged?.[1] ?? '*', response: 'BAD A tag and a command expected', fatal: LITERAL.test(line) };
      }
      tag = match[1] ?? '*';
      name = (match[2] ?? '').toUpperCase();
      text = match[3] ?? '';
    }
    const literal = LITERAL.exec(text);
    if (!literal) {
      pieces.push(text);
      return { tag, name, pieces, message };
    }
    const size = Number(literal[1]);
    const synchronizing = literal[2] === '';
    const before = text.slice(0, literal.index);
    pieces.push(before);
    const isMessage = name === 'APPEND' && (pieces.length > 1 || before !== '');
    if (isMessage && message) {
      await message.dispose();
      return { tag, response: 'BAD One message at a time', fatal: true };
    }
    const allowed = isMessage ? limits.message : Math.min(limits.literal, 4 * limits.literal - kept);
    if (size > allowed) {
      await message?.dispose();
      const response = isMessage ? 'NO [TOOBIG] The message is too big' : 'BAD [TOOBIG] The literal is too big';
      if (synchronizing) return { tag, response, fatal: false };
      // RFC 7888 §4: what a non-synchronizing literal brings must be read all the same, if it is not absurd.
      const passed =
        isMessage &&
        size <= 4 * limits.message &&
        (await passOver(reader, size, more)) &&
        (await readLine(reader, limits.line, more)) !== undefined;
      return { tag, response, fatal: !passed };
    }
    if (synchronizing) await respond('+ go ahead');
    if (isMessage) {
      message ??= new MessageSpool();
      for (let left = size; left > 0; ) {
        if (reader.buffer.length === 0 && !(await more())) {
          await message.dispose();
          return undefined;
        }
        const bytes = reader.take(Math.min(left, reader.buffer.length));
        left -= bytes.length;
        await message.write(bytes);
      }
    } else {
      while (reader.buffer.length < size) if (!(await more())) return undefined;
      pieces.push(Buffer.from(reader.take(size)));
      kept += size;
    }
  }
}

async function readLine(
  reader: SocketReader,
  limit: number,
  more: () => Promise<boolean>,
): Promise<string | 'too-long' | undefined> {
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

async function passOver(reader: SocketReader, size: number, more: () => Promise<boolean>): Promise<boolean> {
  for (let left = size; left > 0; ) {
    if (reader.buffer.length === 0 && !(await more())) return false;
    left -= reader.take(Math.min(left, reader.buffer.length)).length;
  }
  return true;
}
