import type { ApiClient } from '../clients/api-client.ts';
import type { TemporaryStack } from '../local/temporary.ts';

/** What an attack runs against: a whole stack of its own kind, shared with the other attacks. */
export interface Target {
  stack: TemporaryStack;
  api: ApiClient;
}

/**
 * One attack. Each brings its own tenants (names that no other attack uses), ends within a minute, and leaves the stack as usable as it found it.
 * `run` gives true when the attack was refused or had no effect; false, or an exception, means that it got through or that the service failed.
 */
export interface Attack {
  /** A sentence about behaviour: what is tried, and what holds. */
  name: string;
  run(target: Target): Promise<boolean>;
}
