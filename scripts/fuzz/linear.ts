import { CALLS } from './linear-calls.ts';
import { RUNS, type Sizes, superlinear } from './linear-time.ts';

/** 60 KB; and, but for `quick`, a megabyte. */
const SIZES: readonly Sizes[] = [
  { size: 15_000, factor: 4, tiny: 30 },
  { size: 60_000, factor: 16, tiny: 200 },
];

/** Calls every function that reads text from outside with long runs of every class of characters: the time must grow no faster than the input. */
export async function fuzzLinear(quick: boolean): Promise<boolean> {
  let tried = 0;
  let slow = 0;
  for (const sizes of quick ? SIZES.slice(0, 1) : SIZES)
    for (const [name, calls] of Object.entries(CALLS))
      for (const [i, call] of calls.entries())
        for (const unit of RUNS) {
          tried++;
          const growth = await superlinear(call, unit, sizes);
          if (!growth) continue;
          slow++;
          console.log(
            `slow: ${name}, call ${i}, runs of ${JSON.stringify(unit)}: ${growth.small.toFixed(0)} ms for ${sizes.size} characters, ${growth.large.toFixed(0)} ms for ${sizes.factor} times as many`,
          );
        }
  console.log(`fuzz linear: ${tried} runs tried, ${slow} slow`);
  return slow === 0;
}
