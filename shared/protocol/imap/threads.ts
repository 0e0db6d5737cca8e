/** A message to be put into a thread. `T` is what stands for it. */
export interface Threadable<T> {
  value: T;
  /** Milliseconds since 1970 (UTC). */
  sentAt: number;
  /** Order among those of one time. */
  number: number;
  subject: { base: string; isReply: boolean };
  messageId: string | undefined;
  /** Message ids of what it follows, the first of the thread first. */
  references: readonly string[];
}

/** A node of a thread; without a value it stands for a message that is not there. */
export interface Thread<T> {
  value: T | undefined;
  children: Thread<T>[];
}

interface Node<T> {
  message: Threadable<T> | undefined;
  parent: Node<T> | undefined;
  children: Node<T>[];
  /** The message that a thread is ordered by: its own, or the first below it. */
  first: Threadable<T> | undefined;
}

const newNode = <T>(message?: Threadable<T>): Node<T> => ({
  message,
  parent: undefined,
  children: [],
  first: message,
});

const byTime = <T>(a: Threadable<T>, b: Threadable<T>): number => a.sentAt - b.sentAt || a.number - b.number;

/** RFC 5256 §3, ORDEREDSUBJECT: the messages of one base subject, all of them below the first. */
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

/** RFC 5256 §3, REFERENCES: by what messages say that they follow, and where they do not say it by their subjects. */
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
  // Steps 1 and 2: every message below what it names last, every name below the one before it.
  for (const message of messages) {
    let node = message.messageId === undefined ? undefined : nodeOf(message.messageId);
    // Of two messages with one id the second is none of the thread's.
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
    // Step 1B: what others said of its place gives way to what the message says itself, were it nothing; but no link closes a circle.
    if (parent && node.parent === parent) continue;
    unlink(node);
    if (parent && !isAbove(node, parent)) link(parent, node);
  }
  // Step 3: what stands for nobody is left out, where that breaks no thread apart.
  const roots = all.filter(({ parent }) => !parent).flatMap(pruned);
  return mergeBySubject(roots.sort(byNodeTime)).sort(byNodeTime).map(threadOf);
}

/** Threads may be as deep as there are messages: nothing here calls itself, and nobody is looked for above so many others. */
const DEEPEST = 1000;

function isAbove<T>(above: Node<T>, node: Node<T>): boolean {
  let at: Node<T> | undefined = node;
  for (let level = 0; at; level++, at = at.parent) if (at === above || level > DEEPEST) return true;
  return false;
}

/** A tree from its leaves up. */
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

/** A tree without the nodes that stand for nobody: what is below them is below what they were below. */
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

/** Step 5: threads of one base subject are one, where a reply has lost what it replies to. */
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
      // Both stand on one level, below nobody.
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

/** Threads as THREAD answers them: `(1 2 (3)(4 5))`. */
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
