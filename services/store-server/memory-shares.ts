/** The memory that one request holds. */
export interface Held {
  /** Raises the memory that is held to `bytes`; false when there is not so much left. */
  raise(bytes: number): boolean;
  release(): void;
}

/** Memory for requests: a total, of which each owner gets a limited share. */
export class MemoryShares {
  private readonly total: number;
  private readonly share: number;
  private used = 0;
  private readonly byOwner = new Map<string, number>();

  constructor(total: number, share: number) {
    this.total = total;
    this.share = share;
  }

  /** `owner`: the address or the user whose share a request takes from. */
  open(owner: string): Held {
    let held = 0;
    const set = (bytes: number) => {
      this.used += bytes - held;
      const own = (this.byOwner.get(owner) ?? 0) + bytes - held;
      if (own > 0) this.byOwner.set(owner, own);
      else this.byOwner.delete(owner);
      held = bytes;
    };
    return {
      raise: (bytes) => {
        if (bytes <= held) return true;
        const own = this.byOwner.get(owner) ?? 0;
        if (own + bytes - held > this.share || this.used + bytes - held > this.total) return false;
        set(bytes);
        return true;
      },
      release: () => set(0),
    };
  }
}
