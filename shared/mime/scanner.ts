import { asText, describePart, type Part } from './part.ts';
import { parameter } from './structured-field.ts';

export interface ScanLimits {
  /** The maximum nesting depth; a deeper part is one opaque leaf. */
  maxDepth: number;
  /** The maximum number of parts; further parts belong to the last one. */
  maxParts: number;
  /** The maximum size in bytes of a part's header that is parsed; the rest is stored, but ignored. */
  maxHeader: number;
}

export const DEFAULT_SCAN_LIMITS: ScanLimits = { maxDepth: 64, maxParts: 5000, maxHeader: 256 * 1024 };

/** The maximum length of a line that can be a boundary or is parsed in full as a header. */
const MAX_LINE = 64 * 1024;

const LF = 10;
const CR = 13;
const DASH = 45;

interface Open {
  part: Part;
  /** `--boundary`, for a multipart. */
  delimiter: Buffer | undefined;
  /** Line ends before the part's body. */
  linesBefore: number;
  /** A multipart after its closing delimiter. */
  closed: boolean;
}

/**
 * Finds the MIME structure of a message in one pass over its bytes, in chunks of any size, with bounded memory.
 * Feed it with {@link write}; {@link end} gives the root part.
 */
export class MimeScanner {
  private readonly limits: ScanLimits;
  /** Offset of the byte after the last scanned line. */
  private offset = 0;
  private lines = 0;
  private partialLine: Buffer[] = [];
  private partialLength = 0;
  private header: Buffer[] = [];
  private headerLength = 0;
  private headerStart = 0;
  private inHeader = true;
  /** Length of the last line's end: the line end before a delimiter belongs to the delimiter. */
  private lastLineEnd = 0;
  private readonly stack: Open[] = [];
  private root: Part | undefined;
  private parts = 0;
  private longest = 0;

  constructor(limits: ScanLimits = DEFAULT_SCAN_LIMITS) {
    this.limits = limits;
  }

  write(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const newline = chunk.indexOf(LF, start);
      if (newline < 0) break;
      const piece = chunk.subarray(start, newline + 1);
      if (this.partialLength > 0) {
        this.hold(piece);
        const line = Buffer.concat(this.partialLine);
        const length = this.partialLength;
        this.partialLine = [];
        this.partialLength = 0;
        this.line(line, length, length > line.length ? 1 : lineEndOf(line));
      } else this.line(piece, piece.length, lineEndOf(piece));
      start = newline + 1;
    }
    if (start < chunk.length) this.hold(Buffer.from(chunk.subarray(start)));
  }

  /** The length in bytes of the longest line so far, including its line end. */
  get longestLine(): number {
    return Math.max(this.longest, this.partialLength);
  }

  /** Bytes of the message's own header so far. */
  get headerSize(): number {
    return this.root ? this.root.bodyStart : this.offset + this.partialLength;
  }

  /** Ends the message and its open parts. */
  end(): Part {
    if (this.partialLength > 0) this.line(Buffer.concat(this.partialLine), this.partialLength, 0);
    this.endHeaders(this.offset);
    this.closeDownTo(0, this.offset, this.lines);
    if (!this.root) throw new Error('unreachable: a scanned message has a root part');
    return this.root;
  }

  private hold(piece: Buffer): void {
    this.partialLength += piece.length;
    if (this.partialLength <= MAX_LINE) this.partialLine.push(piece);
  }

  /** One line: its bytes (cut at MAX_LINE), its true length, and the length of its line end. */
  private line(bytes: Buffer, length: number, lineEnd: number): void {
    const start = this.offset;
    if (length > this.longest) this.longest = length;
    const isDelimiter = bytes[0] === DASH && bytes[1] === DASH && this.stack.length > 0 && this.delimiter(bytes, start);
    this.offset += length;
    if (lineEnd > 0) this.lines++;
    if (isDelimiter) {
      this.headerStart = this.offset;
    } else if (this.inHeader) {
      if (length === lineEnd) this.endHeader(this.offset);
      else if (this.headerLength + bytes.length <= this.limits.maxHeader) {
        this.header.push(Buffer.from(bytes));
        this.headerLength += bytes.length;
      }
    }
    this.lastLineEnd = lineEnd;
  }

  private delimiter(bytes: Buffer, start: number): boolean {
    for (let depth = this.stack.length - 1; depth >= 0; depth--) {
      const open = this.stack[depth];
      if (!open?.delimiter || open.closed || !bytes.subarray(0, open.delimiter.length).equals(open.delimiter)) continue;
      const rest = bytes.toString('latin1', open.delimiter.length).trimEnd();
      if (rest !== '' && rest !== '--') continue;
      if (rest === '' && this.parts >= this.limits.maxParts) return false;
      this.endHeaders(start);
      this.closeDownTo(depth + 1, Math.max(start - this.lastLineEnd, 0), this.lines - (this.lastLineEnd > 0 ? 1 : 0));
      open.closed = rest === '--';
      this.inHeader = !open.closed;
      this.header = [];
      this.headerLength = 0;
      return true;
    }
    return false;
  }

  /** Ends a header without an empty line; for message/rfc822, also the empty header of the message within it. */
  private endHeaders(bodyStart: number): void {
    while (this.inHeader) this.endHeader(bodyStart);
  }

  private endHeader(bodyStart: number): void {
    const parent = this.stack.at(-1);
    const defaultType = parent?.part.contentType.value === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
    const part = describePart(this.headerStart, bodyStart, Buffer.concat(this.header), defaultType);
    this.header = [];
    this.headerLength = 0;
    this.inHeader = false;
    this.parts++;
    if (parent) parent.part.children.push(part);
    else this.root = part;
    if (this.stack.length >= this.limits.maxDepth) close(part);
    const boundary = part.kind === 'multipart' ? parameter(part.contentType, 'boundary') : undefined;
    const delimiter = boundary === undefined ? undefined : Buffer.from(`--${boundary.trimEnd()}`, 'latin1');
    this.stack.push({ part, delimiter, linesBefore: this.lines, closed: false });
    if (part.kind === 'message') {
      this.inHeader = true;
      this.headerStart = bodyStart;
    }
  }

  private closeDownTo(depth: number, bodyEnd: number, lines: number): void {
    while (this.stack.length > depth) {
      const open = this.stack.pop();
      if (!open) return;
      if (open.part.kind === 'multipart' && open.part.children.length === 0) close(open.part);
      open.part.bodyEnd = Math.max(bodyEnd, open.part.bodyStart);
      open.part.lines = Math.max(lines - open.linesBefore, 0);
    }
  }
}

/** Makes a leaf of a part whose content is not parsed. */
function close(part: Part): void {
  Object.assign(part, part.kind === 'multipart' ? asText(part) : { kind: 'leaf' });
}

function lineEndOf(line: Buffer): number {
  return line[line.length - 2] === CR ? 2 : 1;
}

/** The structure of a message that is in memory. */
export function scanMessage(message: Buffer, limits?: ScanLimits): Part {
  const scanner = new MimeScanner(limits);
  scanner.write(message);
  return scanner.end();
}
