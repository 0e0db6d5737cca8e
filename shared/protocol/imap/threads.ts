/** A message to be threaded. `T` identifies it. */
export interface Threadable<T> {
  value: T;
  /** Milliseconds since 1970 (UTC). */
  sentAt: number;
  /** The order of messages with the same time. */
  number: number;
  subject: { base: string; isReply: boolean };
  messageId: string | undefined;
  /** Message ids of its ancestors, the root of the thread first. */
  references: readonly string[];
}

/** A node of a thread; without a value it is a placeholder for a missing message. */
export interface Thread<T> {
  value: T | undefined;
  children: Thread<T>[];
}

interface Node<T> {
  message: Threadable<T> | undefined;
  parent: Node<T> | undefined;
  children: Node<T>[];
  /** The message by which a thread is sorted: its own, or its first child. */
  first: Threadable<T> | undefined;
}

const newNode = <T>(message?: Threadable<T>): Node<T> => ({
  message,
  parent: undefined,
  children: [],
  first: message,
});

const byTime = <T>(a: Threadable<T>, b: Threadable<T>): number => a.sentAt - b.sentAt || a.number - b.number;

/** RFC 5256 §3, ORDEREDSUBJECT: the messages of one base subject are children of the first. */
export function orderedSubject<T>(messages: readonly Threadable<T>[]): Thread<T>[] {
  const groups = [...Map.groupBy(messages, ({ subject }) => subject.base).values()].map((group) =>
    group.toSorted(byTime),
  );
  return groups
    .sort((a, b) => (a[0] && b[0] ? byTime(a[0], b[0]) : 0))
    .flatMap(([first, ...rest]) =>
      first ? [{ value: first.value, children: rest.map(({ value }) => ({ value, children: [] })) }] : [],
    );
}

/** RFC 5256 §3, REFERENCES: by message references, and without them by subject. */
export function byReferences<T>(messages: readonly Threadable<T>[]): Thread<T>[] {
  const nodes = new Map<string, Node<T>>();
  const all: Node<T>[] = [];
  const nodeOf = (id: string): Node<T> => {
    const found = nodes.get(id);
    if (found) return found;
    const made = newNode<T>();
    nodes.set(id, made);
    all.push(made);
    return made;
  };
  // Steps 1 and 2: every message is a child of its last reference, every reference a child of the one before it.
  for (const message of messages) {
    let node = message.messageId === undefined ? undefined : nodeOf(message.messageId);
    // The second of two messages with the same id is not part of the thread.
    if (!node || node.message) {
      node = newNode<T>();
      all.push(node);
    }
    node.message = message;
    let parent: Node<T> | undefined;
    for (const reference of message.references) {
      const next = nodeOf(reference);
      if (parent && !next.parent && !isAbove(next, parent)) link(parent, next);
      parent = next;
    }
    // Step 1B: the message's own references replace links that other messages implied, even if it has none; no link closes a loop.
    if (parent && node.parent === parent) continue;
    unlink(node);
    if (parent && !isAbove(node, parent)) link(parent, node);
  }
  // Step 3: placeholders are removed unless that would split a thread.
  const roots = all.filter(({ parent }) => !parent).flatMap(pruned);
  return mergeBySubject(roots.sort(byNodeTime)).sort(byNodeTime).map(threadOf);
}

/** A thread may be as deep as the number of messages: there is no recursion here, and no long walk to the root. */
const DEEPEST = 1000;

function isAbove<T>(above: Node<T>, node: Node<T>): boolean {
  let at: Node<T> | undefined = node;
  for (let level = 0; at; level++, at = at.parent) if (at === above || level > DEEPEST) return true;
  return false;
}

/** The nodes of a tree, leaves first. */
function fromBelow<T extends { children: T[] }>(root: T): T[] {
  const nodes = [root];
  for (let i = 0; i < nodes.length; i++) for (const child of nodes[i]?.children ?? []) nodes.push(child);
  return nodes.reverse();
}

function link<T>(parent: Node<T>, child: Node<T>): void {
  child.parent = parent;
  parent.children.push(child);
}

function unlink<T>(node: Node<T>): void {
  if (node.parent) node.parent.children = node.parent.children.filter((child) => child !== node);
  node.parent = undefined;
}

/** A tree without placeholders, whose children move to their parent; a root with several children stays. */
function pruned<T>(root: Node<T>): Node<T>[] {
  const kept = new Map<Node<T>, Node<T>[]>();
  for (const node of fromBelow(root)) {
    node.children = node.children.flatMap((child) => kept.get(child) ?? []);
    node.first = node.message ?? firstOf(node.children);
    node.children.sort(byNodeTime);
    for (const child of node.children) child.parent = node;
    const stays = node.message !== undefined || (node === root && node.children.length > 1);
    kept.set(node, stays ? [node] : node.children);
  }
  const roots = kept.get(root) ?? [];
  for (const node of roots) node.parent = undefined;
  return roots;
}

const firstOf = <T>(nodes: readonly Node<T>[]): Threadable<T> | undefined =>
  nodes
    .flatMap(({ first }) => first ?? [])
    .reduce<Threadable<T> | undefined>((least, each) => (least && byTime(least, each) <= 0 ? least : each), undefined);

function byNodeTime<T>(a: Node<T>, b: Node<T>): number {
  const [x, y] = [a.first, b.first];
  return x && y ? byTime(x, y) : 0;
}

/** Step 5: merges threads with the same base subject, for replies that have lost their references. */
function mergeBySubject<T>(roots: Node<T>[]): Node<T>[] {
  const table = new Map<string, Node<T>>();
  for (const root of roots) {
    const base = root.first?.subject.base ?? '';
    if (base === '') continue;
    const there = table.get(base);
    const better =
      !there ||
      (!root.message && there.message) ||
      (there.message?.subject.isReply && root.message && !root.message.subject.isReply);
    if (better) table.set(base, root);
  }
  const merged = new Set<Node<T>>();
  const result: Node<T>[] = [];
  for (const root of roots) {
    const there = table.get(root.first?.subject.base ?? '');
    if (!there || there === root) continue;
    if (!there.message && !root.message) {
      for (const child of root.children) link(there, child);
    } else if (!there.message || (root.message?.subject.isReply && !there.message.subject.isReply)) link(there, root);
    else {
      // Both become children of a new placeholder.
      const copy: Node<T> = { ...there, parent: there };
      for (const child of copy.children) child.parent = copy;
      there.message = undefined;
      there.children = [copy];
      link(there, root);
    }
    merged.add(root);
  }
  for (const root of roots) if (!merged.has(root)) result.push(root);
  for (const root of result) root.children.sort(byNodeTime);
  return result;
}

function threadOf<T>(root: Node<T>): Thread<T> {
  const threads = new Map<Node<T>, Thread<T>>();
  for (const node of fromBelow(root)) {
    const children = node.children.flatMap((child) => threads.get(child) ?? []);
    threads.set(node, { value: node.message?.value, children });
  }
  return threads.get(root) ?? { value: undefined, children: [] };
}

/** Encodes threads for the THREAD response: `(1 2 (3)(4 5))`. */
export function encodeThreads(threads: readonly Thread<number>[]): string {
  const out: string[] = [];
  const separate = () => {
    if (out.length > 0 && out.at(-1) !== '(' && out.at(-1) !== ')') out.push(' ');
  };
  const waiting: (string | Thread<number>)[] = threads.toReversed().flatMap((thread) => [')', thread, '(']);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next === 'string') {
      out.push(next);
      continue;
    }
    const { value, children } = next;
    if (value !== undefined) {
      separate();
      out.push(String(value));
    }
    const [only] = children;
    if (only && children.length === 1) waiting.push(only);
    else if (children.length > 1) {
      separate();
      for (const child of children.toReversed()) waiting.push(')', child, '(');
    }
  }
  return out.join('');
}
