import type { Options } from '../platform/options.ts';

/** Milliseconds until the try after `tries` that failed: each waits twice as long as the one before, give or take a tenth. */
export function retryDelay(tries: number, options: Options, chance: number): number {
  const seconds = Math.min(options.queue_retry_delay * 2 ** Math.min(tries, 30), options.queue_retry_delay_max);
  return Math.round(seconds * 1000 * (0.9 + 0.2 * chance));
}
