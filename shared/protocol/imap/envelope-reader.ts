/** An address of an envelope in wire format, latin1 characters. */
export interface EnvelopeAddress {
  name: string | undefined;
  mailbox: string | undefined;
  host: string | undefined;
}

/** A stored ENVELOPE (RFC 3501 §7.4.2), decoded. Text is latin1 characters; encoded words are not decoded. */
export interface ImapEnvelope {
  date: string | undefined;
  subject: string | undefined;
  from: EnvelopeAddress[];
  to: EnvelopeAddress[];
  cc: EnvelopeAddress[];
  inReplyTo: string | undefined;
  messageId: string | undefined;
}

/** The reverse of `encodeEnvelope`; it reads only that function's output. */
export function readEnvelope(wire: Buffer): ImapEnvelope {
  const text = wire.toString('latin1');
  let at = 0;
  const skip = (char: string): boolean => {
    if (text[at] !== char) return false;
    at++;
    return true;
  };
  const nstring = (): string | undefined => {
    skip(' ');
    if (text.startsWith('NIL', at)) {
      at += 3;
      return undefined;
    }
    if (text[at] === '{') {
      const end = text.indexOf('\r\n', at);
      const start = end + 2;
      at = start + Number(text.slice(text.indexOf('{', at) + 1, end - 1));
      return text.slice(start, at);
    }
    at++;
    const end = text.indexOf('"', at);
    const whole = text.slice(at, end);
    if (end >= 0 && !whole.includes('\\')) {
      at = end + 1;
      return whole;
    }
    let value = '';
    for (; at < text.length && text[at] !== '"'; at++) {
      if (text[at] === '\\') at++;
      value += text[at];
    }
    at++;
    return value;
  };
  const addresses = (): EnvelopeAddress[] => {
    skip(' ');
    if (text.startsWith('NIL', at)) {
      at += 3;
      return [];
    }
    const list: EnvelopeAddress[] = [];
    skip('(');
    while (skip('(')) {
      const name = nstring();
      nstring();
      list.push({ name, mailbox: nstring(), host: nstring() });
      skip(')');
    }
    skip(')');
    return list;
  };
  skip('(');
  const [date, subject] = [nstring(), nstring()];
  const from = addresses();
  // Sender and Reply-To.
  addresses();
  addresses();
  const [to, cc] = [addresses(), addresses()];
  addresses();
  return { date, subject, from, to, cc, inReplyTo: nstring(), messageId: nstring() };
}
