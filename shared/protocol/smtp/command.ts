/** LMTP (RFC 2033) is SMTP with another greeting and one reply per recipient; submission (RFC 6409) is SMTP with authentication. */
export type Dialect = 'lmtp' | 'submission';

/** Parameters of MAIL. */
export interface MailParameters {
  sender: string;
  /** RFC 1870; bytes. */
  size: number | undefined;
  smtpUtf8: boolean;
  /** RFC 4865: seconds, or a time in milliseconds since 1970 (UTC), until which the message is held. */
  hold: { seconds: number } | { until: number } | undefined;
}

/** A command (RFC 5321 §4.1.1), or the reason why it is invalid. */
export type SmtpCommand =
  | { name: 'HELLO'; verb: 'LHLO' | 'EHLO' | 'HELO'; domain: string }
  | ({ name: 'MAIL' } & MailParameters)
  | { name: 'RCPT'; recipient: string }
  | { name: 'DATA' | 'RSET' | 'NOOP' | 'QUIT' | 'VRFY' | 'HELP' | 'STARTTLS' }
  | { name: 'BDAT'; size: number; last: boolean }
  | { name: 'AUTH'; mechanism: string; initial: string | undefined }
  | { name: 'invalid'; reply: string };

const invalid = (reply: string): SmtpCommand => ({ name: 'invalid', reply });

const NOT_KNOWN = '500 5.5.2 Command not known';

/** Parses one line, its CRLF removed. Text is UTF-8. */
export function parseSmtpCommand(line: string, dialect: Dialect): SmtpCommand {
  const [, word = '', rest = ''] = /^([a-z]+)(?:[ \t]+(.*))?$/is.exec(line.trimEnd()) ?? [];
  const verb = word.toUpperCase();
  switch (verb) {
    case 'LHLO':
    case 'EHLO':
    case 'HELO':
      return parseHello(verb, rest, dialect);
    case 'MAIL':
      return parseMail(rest, dialect);
    case 'RCPT':
      return parseRcpt(rest);
    case 'BDAT':
      return parseBdat(rest);
    case 'DATA':
    case 'RSET':
    case 'QUIT':
      return rest === '' ? { name: verb } : invalid(`501 5.5.4 ${verb} takes no parameter`);
    case 'NOOP':
    case 'VRFY':
    case 'HELP':
      return { name: verb };
    case 'STARTTLS':
      if (dialect === 'lmtp') return invalid(NOT_KNOWN);
      // RFC 3207 §4
      return rest === '' ? { name: 'STARTTLS' } : invalid('501 5.5.4 STARTTLS takes no parameter');
    case 'AUTH':
      return dialect === 'lmtp' ? invalid(NOT_KNOWN) : parseAuth(rest);
    default:
      return invalid(NOT_KNOWN);
  }
}

function parseHello(verb: 'LHLO' | 'EHLO' | 'HELO', domain: string, dialect: Dialect): SmtpCommand {
  // RFC 2033 §4.1: an LMTP server must not take HELO and EHLO.
  if (dialect === 'lmtp' && verb !== 'LHLO') return invalid('500 5.5.1 This is LMTP; use LHLO');
  if (dialect === 'submission' && verb === 'LHLO') return invalid('500 5.5.1 This is SMTP; use EHLO');
  return domain === '' ? invalid(`501 5.5.4 ${verb} needs a domain`) : { name: 'HELLO', verb, domain };
}

function parseMail(rest: string, dialect: Dialect): SmtpCommand {
  const path = parsePath(rest, 'FROM');
  if (!path) return invalid('501 5.1.7 The sender must look like FROM:<user@domain> or FROM:<>');
  const command: MailParameters = { sender: path.address, size: undefined, smtpUtf8: false, hold: undefined };
  for (const parameter of path.parameters) {
    const refusal = readMailParameter(command, parameter, dialect);
    if (refusal) return refusal;
  }
  if (!command.smtpUtf8 && !isAscii(path.address)) return invalid('553 5.6.7 An address beyond ASCII needs SMTPUTF8');
  return { name: 'MAIL', ...command };
}

function readMailParameter(command: MailParameters, parameter: string, dialect: Dialect): SmtpCommand | undefined {
  const [name = '', value = ''] = parameter.split(/=(.*)/s, 2);
  switch (name.toUpperCase()) {
    case 'SIZE':
      if (!/^\d{1,20}$/.test(value)) return invalid('501 5.5.4 SIZE must be a number of bytes');
      command.size = Number(value);
      return undefined;
    case 'BODY':
      return /^(7BIT|8BITMIME)$/i.test(value) ? undefined : invalid('501 5.5.4 BODY must be 7BIT or 8BITMIME');
    case 'SMTPUTF8':
      command.smtpUtf8 = true;
      return undefined;
    case 'AUTH':
      // RFC 4954 §5: the AUTH parameter is not trusted; the session knows the authenticated user.
      if (dialect === 'submission') return undefined;
      break;
    case 'HOLDFOR':
    case 'HOLDUNTIL':
      if (dialect === 'submission') return readHold(command, name.toUpperCase(), value);
      break;
  }
  return invalid(`555 5.5.4 The parameter ${name} is not known`);
}

/** RFC 4865 §4: one of HOLDFOR and HOLDUNTIL, once. */
function readHold(command: MailParameters, name: string, value: string): SmtpCommand | undefined {
  if (command.hold) return invalid('501 5.5.4 One hold is enough');
  if (name === 'HOLDFOR') {
    if (!/^\d{1,9}$/.test(value)) return invalid('501 5.5.4 HOLDFOR must be a number of seconds');
    command.hold = { seconds: Number(value) };
    return undefined;
  }
  const until = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)
    ? Date.parse(value)
    : Number.NaN;
  if (Number.isNaN(until)) return invalid('501 5.5.4 HOLDUNTIL must be a time such as 2027-01-31T12:00:00Z');
  command.hold = { until };
  return undefined;
}

function parseRcpt(rest: string): SmtpCommand {
  const path = parsePath(rest, 'TO');
  if (!path || path.address === '') return invalid('501 5.1.3 The recipient must look like TO:<user@domain>');
  if (path.parameters.length > 0) return invalid('555 5.5.4 RCPT takes no parameter here');
  return { name: 'RCPT', recipient: path.address };
}

/** RFC 3030 §2: BDAT size [LAST]. */
function parseBdat(rest: string): SmtpCommand {
  const match = /^(\d{1,15})(?:[ \t]+(LAST))?$/i.exec(rest);
  if (!match) return invalid('501 5.5.4 BDAT needs a number of bytes');
  return { name: 'BDAT', size: Number(match[1]), last: match[2] !== undefined };
}

/** RFC 4954 §4: a lone = is an initial response of no bytes. */
function parseAuth(rest: string): SmtpCommand {
  const match = /^([A-Z0-9_-]{1,20})(?:[ \t]+(\S+))?$/i.exec(rest);
  if (!match) return invalid('501 5.5.4 AUTH needs a mechanism');
  return { name: 'AUTH', mechanism: (match[1] ?? '').toUpperCase(), initial: match[2] === '=' ? '' : match[2] };
}

/** A path (RFC 5321 §4.1.2): a source route is ignored, a quoted local part is unquoted. */
function parsePath(text: string, keyword: string): { address: string; parameters: string[] } | undefined {
  const match = /^([a-z]+)[ \t]*:[ \t]*<(?:@[^:>]*:)?((?:"(?:[^"\\]|\\.)*"|[^<>"\s])*)>((?:[ \t]+\S+)*)$/i.exec(text);
  if (match?.[1]?.toUpperCase() !== keyword) return undefined;
  const address = (match[2] ?? '').replace(/^"((?:[^"\\]|\\.)*)"(?=@)/, (_, quoted: string) =>
    quoted.replace(/\\(.)/g, '$1'),
  );
  return { address, parameters: (match[3] ?? '').split(/[ \t]+/).filter(Boolean) };
}

const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);
