/** A command line of LMTP (RFC 2033, RFC 5321 §4.1.1), or why it is none. */
export type LmtpCommand =
  | { name: 'LHLO'; domain: string }
  | { name: 'MAIL'; sender: string; size: number | undefined; smtpUtf8: boolean }
  | { name: 'RCPT'; recipient: string }
  | { name: 'DATA' | 'RSET' | 'NOOP' | 'QUIT' | 'VRFY' | 'HELP' }
  | { name: 'BDAT'; size: number; last: boolean }
  | { name: 'invalid'; reply: string };

const invalid = (reply: string): LmtpCommand => ({ name: 'invalid', reply });

/** Parses one line, its CRLF removed. Text is UTF-8. */
export function parseLmtpCommand(line: string): LmtpCommand {
  const [, verb = '', rest = ''] = /^([a-z]+)(?:[ \t]+(.*))?$/is.exec(line.trimEnd()) ?? [];
  switch (verb.toUpperCase()) {
    case 'LHLO':
      return rest === '' ? invalid('501 5.5.4 LHLO needs a domain') : { name: 'LHLO', domain: rest };
    case 'HELO':
    case 'EHLO':
      // RFC 2033 §4.1: an LMTP server must not take HELO and EHLO.
      return invalid('500 5.5.1 This is LMTP; use LHLO');
    case 'MAIL':
      return parseMail(rest);
    case 'RCPT':
      return parseRcpt(rest);
    case 'BDAT':
      return parseBdat(rest);
    case 'DATA':
    case 'RSET':
    case 'QUIT':
      return rest === ''
        ? { name: verb.toUpperCase() as 'DATA' | 'RSET' | 'QUIT' }
        : invalid(`501 5.5.4 ${verb.toUpperCase()} takes no parameter`);
    case 'NOOP':
    case 'VRFY':
    case 'HELP':
      return { name: verb.toUpperCase() as 'NOOP' | 'VRFY' | 'HELP' };
    default:
      return invalid('500 5.5.2 Command not known');
  }
}

function parseMail(rest: string): LmtpCommand {
  const path = parsePath(rest, 'FROM');
  if (!path) return invalid('501 5.1.7 The sender must look like FROM:<user@domain> or FROM:<>');
  const command: LmtpCommand = { name: 'MAIL', sender: path.address, size: undefined, smtpUtf8: false };
  for (const parameter of path.parameters) {
    const [name = '', value] = parameter.split('=', 2);
    switch (name.toUpperCase()) {
      case 'SIZE':
        if (!/^\d{1,20}$/.test(value ?? '')) return invalid('501 5.5.4 SIZE must be a number of bytes');
        command.size = Number(value);
        break;
      case 'BODY':
        if (!/^(7BIT|8BITMIME)$/i.test(value ?? '')) return invalid('501 5.5.4 BODY must be 7BIT or 8BITMIME');
        break;
      case 'SMTPUTF8':
        command.smtpUtf8 = true;
        break;
      default:
        return invalid(`555 5.5.4 The parameter ${name} is not known`);
    }
  }
  if (!command.smtpUtf8 && !isAscii(path.address)) return invalid('553 5.6.7 An address beyond ASCII needs SMTPUTF8');
  return command;
}

function parseRcpt(rest: string): LmtpCommand {
  const path = parsePath(rest, 'TO');
  if (!path || path.address === '') return invalid('501 5.1.3 The recipient must look like TO:<user@domain>');
  if (path.parameters.length > 0) return invalid('555 5.5.4 RCPT takes no parameter here');
  return { name: 'RCPT', recipient: path.address };
}

/** RFC 3030 §2: BDAT size [LAST]. */
function parseBdat(rest: string): LmtpCommand {
  const match = /^(\d{1,15})(?:[ \t]+(LAST))?$/i.exec(rest);
  if (!match) return invalid('501 5.5.4 BDAT needs a number of bytes');
  return { name: 'BDAT', size: Number(match[1]), last: match[2] !== undefined };
}

/** A path (RFC 5321 §4.1.2): a source route is passed over, a quoted local part loses its quotes. */
function parsePath(text: string, keyword: string): { address: string; parameters: string[] } | undefined {
  const match = /^([a-z]+)[ \t]*:[ \t]*<(?:@[^:>]*:)?((?:"(?:[^"\\]|\\.)*"|[^<>"\s])*)>((?:[ \t]+\S+)*)$/i.exec(text);
  if (match?.[1]?.toUpperCase() !== keyword) return undefined;
  const address = (match[2] ?? '').replace(/^"((?:[^"\\]|\\.)*)"(?=@)/, (_, quoted: string) =>
    quoted.replace(/\\(.)/g, '$1'),
  );
  return { address, parameters: (match[3] ?? '').split(/[ \t]+/).filter(Boolean) };
}

const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);
