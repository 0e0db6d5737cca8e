/** One header field. Bytes are kept as latin1 characters, so that nothing is lost before a charset is known. */
export interface HeaderField {
  /** Lower case. */
  name: string;
  /** Unfolded (RFC 5322 §2.2.3), outer white space removed. */
  value: string;
}

const FIELD_NAME = /^([!-9;-~]+)[ \t]*:/;

/** Parses a header block. Lines that are no header field (mbox `From `, garbage) are passed over. */
export function parseHeaderFields(block: Buffer): HeaderField[] {
  const fields: HeaderField[] = [];
  let current: HeaderField | undefined;
  for (const line of block.toString('latin1').split('\n')) {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text.startsWith(' ') || text.startsWith('\t')) {
      if (current) current.value += text;
      continue;
    }
    const match = FIELD_NAME.exec(text);
    current = match?.[1] ? { name: match[1].toLowerCase(), value: text.slice(match[0].length) } : undefined;
    if (current) fields.push(current);
  }
  for (const field of fields) field.value = field.value.trim();
  return fields;
}

/** The first field of that name (lower case), which is the one that counts where a field may stand once. */
export const firstField = (fields: readonly HeaderField[], name: string): string | undefined =>
  fields.find((field) => field.name === name)?.value;
