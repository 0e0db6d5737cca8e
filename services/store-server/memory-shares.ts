/** What one request holds of the memory for requests. */
export interface Held {
  /** Raises what is held to so many bytes; false when that is more than there is. */
  raise(bytes: number): boolean;
  release(): void;
}

/** Memory for requests: so many bytes in all, of which nobody gets more than a share. */
export class MemoryShares {
  private readonly total: number;
  private readonly share: number;
  private used = 0;
  private readonly byOwner = new Map<string, number>();

  constructor(total: number, share: number) {
    this.total = total;
    this.share = share;
  }

  /** `owner`: whose share a request takes from: an address, or a user. */
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
