/** BODY of a message from its BODYSTRUCTURE as `encodeBodyStructure` makes it: without extension data (RFC 3501 §7.4.2). */
export function bodyOfStructure(structure: string): string {
  let at = 0;

  const element = (): string => {
    const start = at;
    const first = structure[at];
    if (first === '(') {
      at++;
      while (structure[at] !== ')' && at < structure.length) {
        if (structure[at] === ' ') at++;
        else element();
      }
      at++;
    } else if (first === '"') {
      for (at++; structure[at] !== '"' && at < structure.length; at++) if (structure[at] === '\\') at++;
      at++;
    } else if (first === '{') {
      const length = Number.parseInt(structure.slice(at + 1), 10);
      at = structure.indexOf('\n', at) + 1 + length;
    } else while (at < structure.length && !' ()'.includes(structure[at] ?? '')) at++;
    return structure.slice(start, at);
  };

  const next = (): string => {
    at++;
    return element();
  };

  const part = (): string => {
    at++;
    let body = '';
    if (structure[at] === '(') {
      while (structure[at] === '(') body += part();
      body += ` ${next()}`;
    } else {
      const type = element();
      const subtype = next();
      body = `${type} ${subtype}`;
      for (let i = 0; i < 5; i++) body += ` ${next()}`;
      if (type === '"text"') body += ` ${next()}`;
      else if (type === '"message"' && (subtype === '"rfc822"' || subtype === '"global"')) {
        body += ` ${next()}`;
        at++;
        body += ` ${part()} ${next()}`;
      }
    }
    while (structure[at] === ' ') next();
    at++;
    return `(${body})`;
  };

  return part();
}
