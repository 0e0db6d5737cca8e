/** A map that holds at most `max` entries: setting one more drops the entry that was set the longest ago. */
export class BoundedMap<Key, Value> {
  private readonly max: number;
  private readonly entries = new Map<Key, Value>();

  constructor(max: number) {
    this.max = max;
  }

  get(key: Key): Value | undefined {
    return this.entries.get(key);
  }

  /** Sets an entry, which becomes the newest. */
  set(key: Key, value: Value): void {
    this.entries.delete(key);
    const [oldest] = this.entries.keys();
    if (this.entries.size >= this.max && oldest !== undefined) this.entries.delete(oldest);
    this.entries.set(key, value);
  }

  delete(key: Key): void {
    this.entries.delete(key);
  }
}
