import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { threadTime } from './thread-time.ts';

// The heap is compared after a collection: without one, garbage that waits for it would count as growth.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const LONGEST_MS = 100;
const HEAP_GROWTH = 64 * 1024 * 1024;

/** Counts the faults of inputs: unexpected exceptions, slow inputs, and growth of the heap. */
export class FaultCounter {
  private readonly kind: string;
  private crashes = 0;
  private hangs = 0;
  private refused = 0;
  private tried = 0;
  private longest = 0;
  private heap = 0;
  private readonly before: number;

  constructor(kind: string) {
    this.kind = kind;
    this.before = this.settled();
  }

  /** Tries one input; `expected` says which errors are a correct refusal. */
  async try(input: Buffer, work: () => unknown, expected: (error: unknown) => boolean): Promise<void> {
    const began = threadTime();
    try {
      await work();
    } catch (error) {
      if (expected(error)) this.refused++;
      else if (this.crashes++ < 10)
        console.log(
          `crash: ${error instanceof Error ? error.stack : error}\n${JSON.stringify(input.toString('latin1').slice(0, 1500))}`,
        );
    }
    const took = threadTime() - began;
    this.longest = Math.max(this.longest, took);
    if (took > LONGEST_MS && this.hangs++ < 10)
      console.log(
        `hang: ${took.toFixed(0)} ms for ${input.length} bytes: ${JSON.stringify(input.toString('latin1').slice(0, 300))}`,
      );
    if (++this.tried % 10_000 === 0) this.heap = Math.max(this.heap, this.settled());
  }

  /** Prints the counts; true when there was no fault. */
  end(): boolean {
    const grown = Math.max(this.heap, this.settled()) - this.before;
    const { kind, tried, refused, crashes, hangs, longest } = this;
    console.log(
      `fuzz ${kind}: ${tried} inputs, ${refused} refused, ${crashes} crashes, ${hangs} hangs; longest ${longest.toFixed(1)} ms, heap grew ${Math.round(grown / 1024 / 1024)} MB`,
    );
    return crashes + hangs === 0 && grown <= HEAP_GROWTH;
  }

  private settled(): number {
    collectGarbage();
    return process.memoryUsage().heapUsed;
  }
}
