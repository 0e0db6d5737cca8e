/** One header field. Bytes are kept as latin1 characters, so that nothing is lost before a charset is known. */
export interface HeaderField {
  /** Lower case. */
  name: string;
  /** Unfolded (RFC 5322 §2.2.3), outer white space removed. */
  value: string;
}

const FIELD_NAME = /^([!-9;-~]+)[ \t]*:/;

/** Parses a header block. Lines that are not a header field (mbox `From `, garbage) are skipped. */
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

/** The first field with a name (lower case): the one that counts if a field may occur once. */
export const firstField = (fields: readonly HeaderField[], name: string): string | undefined =>
  fields.find((field) => field.name === name)?.value;
