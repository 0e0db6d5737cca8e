// format=flowed (RFC 3676): a line that ends with a space continues in the next.

/** Joins the lines of a flowed part into paragraphs. `delSp`: the space at the end of a line is not part of the text. */
export function unflow(text: string, delSp: boolean): string {
  const out: string[] = [];
  let open: { depth: number; text: string } | undefined;
  const close = (): void => {
    if (open) out.push('>'.repeat(open.depth) + (open.depth > 0 && open.text !== '' ? ' ' : '') + open.text);
    open = undefined;
  };
  const lines = text.split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    const depth = /^>*/.exec(line)?.[0].length ?? 0;
    const rest = line.slice(depth).replace(/^ /, '');
    if (open && open.depth !== depth) close();
    // RFC 3676 §4.3: the signature separator is fixed, although it ends with a space.
    const flows = rest.endsWith(' ') && rest !== '-- ' && i < lines.length - 1;
    const content = flows && delSp ? rest.slice(0, -1) : rest;
    if (open) open.text += content;
    else open = { depth, text: content };
    if (!flows) close();
  }
  close();
  return out.join('\r\n');
}

const WIDTH = 72;

/** Encodes text as a flowed part: paragraphs in lines that a client can wrap at any width. */
export function flow(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((paragraph) => {
      // RFC 3676 §4.1: spaces at the end of a fixed line are removed, except in a signature separator.
      const line = paragraph === '-- ' ? paragraph : withoutSpaces(paragraph);
      return wrap(line)
        .map((piece) => (/^(?:[ >]|From )/.test(piece) ? ` ${piece}` : piece))
        .join('\r\n');
    })
    .join('\r\n');
}

function withoutSpaces(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === ' ') end--;
  return line.slice(0, end);
}

function wrap(line: string): string[] {
  const pieces: string[] = [];
  let rest = line;
  while (rest.length > WIDTH + 5) {
    let cut = rest.lastIndexOf(' ', WIDTH) + 1;
    if (cut === 0) cut = rest.indexOf(' ') + 1;
    if (cut === 0 || cut >= rest.length) break;
    pieces.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  return [...pieces, rest];
}
