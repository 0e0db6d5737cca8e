import type { IConstruct } from 'constructs';

/**
 * The Kopano options of this deployment: the object `kopano` of the CDK context (cdk.json, or `-c kopano='{"quota_hard":1000}'`).
 * Names and defaults are Kopano's; the programs check them and refuse to start on a wrong one.
 */
export function kopanoOptions(scope: IConstruct): string {
  const context: unknown = scope.node.tryGetContext('kopano') ?? {};
  return typeof context === 'string' ? context : JSON.stringify(context);
}
