import { circles, importGraph } from './figures/circles.ts';
import { castsToNever, swallowedErrors } from './figures/faults.ts';
import { functionsOf, quantile } from './figures/functions.ts';
import { GENERATED, PARTS, type SourceFile, sourceFiles } from './figures/source-files.ts';

// Prints how large files and functions are in each part, and how many places break a rule; test/architecture holds them to their limits.

const printLine = (name: string, files: readonly unknown[], functions: readonly unknown[]): void =>
  console.log(name.padEnd(10) + [...files, ...functions].map((value) => String(value).padStart(10)).join(''));

/** Number, median, 90th percentile and maximum. */
const spread = (values: readonly number[]): number[] => [
  values.length,
  quantile(values, 0.5),
  quantile(values, 0.9),
  Math.max(0, ...values),
];

function printPart(part: string, sources: readonly SourceFile[]): void {
  // Callbacks without a name of their own are left out: thousands of one line would hide the rest.
  const functions = sources.flatMap(functionsOf).filter(({ named }) => named);
  printLine(part, spread(sources.map(({ length }) => length)), spread(functions.map(({ length }) => length)));
}

const all = sourceFiles();
const ours = all.filter(({ part, file }) => part !== 'test' && !GENERATED.includes(file));

printLine('lines of', ['files', 'median', '90%', 'max'], ['functions', 'median', '90%', 'max']);
for (const part of PARTS)
  printPart(
    part,
    ours.filter((source) => source.part === part),
  );
printPart('all', ours);

const found = circles(importGraph(all));
const many = ours.flatMap(functionsOf).filter(({ parameters }) => parameters > 5);
const counts = [
  `${found.length} import circles (${found.flat().length} files)`,
  `${many.length} functions with more than five parameters`,
  `${ours.flatMap(castsToNever).length} casts to never`,
  `${ours.flatMap(swallowedErrors).length} errors thrown away`,
];
console.log(`figures: ${counts.join(', ')}`);
