import { z } from 'zod';
import { PamojaError } from '../../mapi/error.ts';
import type { Options } from '../../platform/options.ts';

// Which logins, addresses, names and passwords are allowed, whether they come over the API, Kopano's own protocol or a command.

/**
 * No control characters (a line break would begin a header field or a log line, NUL ends a string in C), no unpaired surrogates, no line
 * separators, and none of the marks that turn the direction of the text around them (UAX #9 §2).
 */
const PRINTABLE = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u;
/** The same without blanks and invisible characters. */
const VISIBLE = /^[^\s\p{C}\p{Z}]*$/u;

const text = (what: string, max: number) =>
  z
    .string()
    .min(1, `${what} is not empty`)
    .max(max, `${what} has at most ${max} characters`)
    .regex(PRINTABLE, `${what} has no control characters`);

/** Names of entries that exist without a row, which no other entry may have. */
const RESERVED = /^(?:system|everyone)$/i;

const isReservedName = (name: string): boolean => RESERVED.test(name.trim());

/** Characters that separate a login from its surroundings: folders in IMAP, addresses in a list, the password in HTTP (RFC 7617 §2). */
const LOGIN_FORM = /^[^@/\\"<>:,;]+(?:@[^@/\\"<>:,;]+)?$/;

export const loginName = text('a login', 255)
  .regex(VISIBLE, 'a login has no blanks')
  .regex(LOGIN_FORM, 'a login has none of / \\ " < > : , ; and at most one @, with something before and after it')
  .refine((login) => !isReservedName(login), 'the login is reserved');

const NOT_A_DOMAIN = 'not a domain in lower case';

/** A mail domain; a single label, such as `localhost`, is allowed on a server with one tenant. */
export const mailDomain = z
  .string()
  .max(253)
  .regex(/^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/, NOT_A_DOMAIN);

/** A domain of the public DNS, with two labels at least. */
export const domainName = mailDomain.regex(/\./, NOT_A_DOMAIN);

/** RFC 5321 §4.1.2 without quoted strings and address literals; non-ASCII characters may stand before the @ (RFC 6531 §3.3). */
const MAILBOX = /^[^\s@"(),:;<>[\\\].]+(?:\.[^\s@"(),:;<>[\\\].]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/;
/** RFC 5321 §4.5.3.1.1, octets. */
const MAX_LOCAL_PART = 64;

export const mailAddress = text('an address', 320)
  .regex(VISIBLE, 'an address has no blanks')
  .regex(MAILBOX, 'not a mail address')
  .refine((address) => {
    const at = address.lastIndexOf('@');
    const domain = address.slice(at + 1).toLowerCase();
    return Buffer.byteLength(address.slice(0, at)) <= MAX_LOCAL_PART && mailDomain.safeParse(domain).success;
  }, 'not a mail address');

/** The display name of a user or a group. */
export const fullName = text('a full name', 255).regex(/\S/, 'a full name is not blank');

export const groupName = text('the name of a group', 255)
  .regex(/^[^/\s](?:[^/]*[^/\s])?$/, 'the name of a group has no / and no blank at its ends')
  .refine((name) => !isReservedName(name), 'the name is reserved');

/** The name of a tenant that a command or Kopano's own protocol creates; the API allows a subset. */
export const tenantName = text('the name of a tenant', 191)
  .regex(/^[^/\\@\s](?:[^/\\@]*[^/\\@\s])?$/, 'the name of a tenant has none of / \\ @ and no blank at its ends')
  .refine((name) => !isReservedName(name), 'the name is reserved');

/** A feature is one word, since a user's features are stored as a list separated by blanks. */
export const featureName = z.string().regex(/^[a-z0-9_-]{1,32}$/i, 'not a feature');

/** SASLprep prohibits control characters in a password (RFC 4013 §2.3). */
export const passwordText = text('a password', 200);

declare const checkedBrand: unique symbol;
/** A password that meets the policy. */
export type Password = string & { readonly [checkedBrand]: 'Password' };

/** Parses a value. Throws BAD_VALUE with a message for the user. */
export function checked(schema: z.ZodType<string>, value: string): string {
  const result = schema.safeParse(value);
  if (!result.success) throw new PamojaError('BAD_VALUE', result.error.issues[0]?.message ?? 'not allowed');
  return result.data;
}

/** Checks a new password against the policy (`password_min_length`, in characters). Throws BAD_VALUE. */
export function checkedPassword({ password_min_length: least }: Pick<Options, 'password_min_length'>, value: string) {
  const password = checked(passwordText, value);
  if ([...password].length < least) throw new PamojaError('BAD_VALUE', `a password has at least ${least} characters`);
  return password as Password;
}
