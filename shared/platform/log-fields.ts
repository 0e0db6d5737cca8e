// Limits of a log line: fields and messages contain input of clients, and one request must not make a line of megabytes.

/** Characters of one value, and of the stack of an error. */
const MAX_TEXT = 1000;
const MAX_STACK = 8000;

/** Elements of a list, fields of an object, and levels of them. */
const MAX_ENTRIES = 50;
const MAX_DEPTH = 4;

/** Cuts a text to a length; a text that was cut says how long it was. */
export function cutText(text: string, max = MAX_TEXT): string {
  return text.length <= max ? text : `${text.slice(0, max).toWellFormed()}... (${text.length} characters)`;
}

/** A value of a log line with all its texts, lists and objects cut. */
export function cutValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return cutText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return cutError(value, depth);
  if (depth >= MAX_DEPTH) return '...';
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (Array.isArray(value)) {
    const cut = value.slice(0, MAX_ENTRIES).map((each) => cutValue(each, depth + 1));
    return value.length > MAX_ENTRIES ? [...cut, `... (${value.length} elements)`] : cut;
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') return cutValue(value.toJSON(), depth + 1);
  return cutFields(value, depth);
}

/** The fields of a log line, cut. */
export function cutFields(fields: object, depth = 0): Record<string, unknown> {
  const names = Object.keys(fields);
  const cut: Record<string, unknown> = {};
  for (const name of names.slice(0, MAX_ENTRIES))
    cut[cutText(name, 100)] = cutValue((fields as Record<string, unknown>)[name], depth + 1);
  if (names.length > MAX_ENTRIES) cut['...'] = `${names.length} fields`;
  return cut;
}

/** The fields of an error and of its causes, down to the depth of other values. */
function cutError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack = '', cause, ...more } = error as Error & Record<string, unknown>;
  return {
    ...cutFields(more, depth),
    type: cutText(name, 100),
    message: cutText(message),
    stack: cutText(stack, MAX_STACK),
    ...(cause === undefined || depth >= MAX_DEPTH ? {} : { cause: cutValue(cause, depth + 1) }),
  };
}

/** Cuts one value for a JSON.stringify replacer: texts and lists that are too long are cut, other values stay as they are. */
export function cutEntry(key: string, value: unknown): unknown {
  if (typeof value === 'string') return cutText(value, key === 'stack' ? MAX_STACK : MAX_TEXT);
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  const tooMany = Array.isArray(value) ? value.length > MAX_ENTRIES : Object.keys(value).length > MAX_ENTRIES;
  return tooMany || ArrayBuffer.isView(value) ? cutValue(value, MAX_DEPTH - 1) : value;
}
