import type { Arguments } from './arguments.ts';
import { ImapSyntaxError } from './syntax-error.ts';

// RFC 2971 §3.3
const MAX_FIELDS = 30;
const MAX_NAME = 30;
const MAX_VALUE = 1024;

/** Parses `(name value ...)` or NIL, the client's identification (RFC 2971 §4). */
export function parseIdFields(args: Arguments): Map<string, string | undefined> {
  const fields = new Map<string, string | undefined>();
  if (args.skipWord('NIL')) return fields;
  let pairs = 0;
  args.list(() => {
    const name = args.string();
    args.space();
    const value = args.nstring();
    if (name.length > MAX_NAME || (value?.length ?? 0) > MAX_VALUE || ++pairs > MAX_FIELDS)
      throw new ImapSyntaxError('at most 30 pairs, names of at most 30 octets and values of at most 1024');
    fields.set(name.toLowerCase(), value);
  });
  return fields;
}
