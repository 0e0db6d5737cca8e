import type { IConstruct } from 'constructs';

/** What the names of all stacks of a deployment begin with: `-c stage=PamojaTest` makes a second one beside the first in the same account. */
export function stage(scope: IConstruct): string {
  const value: unknown = scope.node.tryGetContext('stage') ?? 'Pamoja';
  if (typeof value !== 'string' || !/^[A-Za-z][A-Za-z0-9]{0,19}$/.test(value))
    throw new Error(`stage is ${String(value)}; it can be a letter and up to 19 letters and digits after it`);
  return value;
}
