/**
 * The fields of a header block that are named (or, without `keep`, all others), as they stand in the message, and the empty
 * line at the end (RFC 3501 §6.4.5). Names in lower case.
 */
export function filterHeader(block: Buffer, names: readonly string[], keep: boolean): Buffer {
  const wanted = new Set(names);
  let out = '';
  let taking = false;
  for (const line of block.toString('latin1').split(/(?<=\n)/)) {
    if (line === '\r\n' || line === '\n') break;
    if (!/^[ \t]/.test(line)) {
      const name = /^([^:\s]+)[ \t]*:/.exec(line)?.[1]?.toLowerCase();
      taking = name !== undefined && wanted.has(name) === keep;
    }
    if (taking) out += line;
  }
  return Buffer.from(`${out}\r\n`, 'latin1');
}
