import type { ApiClient } from '../clients/api-client.ts';
import type { TemporaryStack } from '../local/temporary.ts';

/** The target of an attack: a whole stack, shared with the other attacks. */
export interface Target {
  stack: TemporaryStack;
  api: ApiClient;
}

/**
 * One attack. Each brings its own tenants (names that no other attack uses), ends within a minute, and leaves the stack as usable as it found it.
 * `run` gives true when the attack was refused or had no effect; false, or an exception, means that it got through or that the service failed.
 */
export interface Attack {
  /** A sentence about behaviour: the attempt, and the rule that must hold. */
  name: string;
  run(target: Target): Promise<boolean>;
}
