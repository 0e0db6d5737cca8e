/**
 * The named fields of a header block (without `keep`, all other fields), unchanged, and the empty line at the end (RFC 3501 §6.4.5). Names are
 * in lower case.
 */
export const filterHeader = (block: Buffer, names: readonly string[], keep: boolean): Buffer =>
  Buffer.from(filterFields(block.toString('latin1'), names, keep), 'latin1');

/** {@link filterHeader} for latin1 characters. */
export function filterFields(block: string, names: readonly string[], keep: boolean): string {
  let out = '';
  let taking = false;
  for (let start = 0, end = 0; start < block.length; start = end) {
    end = block.indexOf('\n', start) + 1 || block.length;
    const line = block.slice(start, end);
    if (line === '\r\n' || line === '\n') break;
    if (!line.startsWith(' ') && !line.startsWith('\t')) {
      const name = line.slice(0, Math.max(line.indexOf(':'), 0)).trimEnd();
      taking = name !== '' && !/\s/.test(name) && names.includes(name.toLowerCase()) === keep;
    }
    if (taking) out += line;
  }
  return `${out}\r\n`;
}
