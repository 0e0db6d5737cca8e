import type { RuleAction } from '../../mapi/rule-action.ts';
import { readRuleAction, ruleActionDocument } from '../../mapi/rule-action-document.ts';
import type { Action } from './interface.ts';

// SOAP's action has the fields that stored documents have: one codec reads and writes both.

/** The rule actions that a client sends. Throws as {@link readRuleAction} does. */
export const ruleActionsOf = (actions: readonly Action[]): RuleAction[] => actions.map(readRuleAction);

/** Rule actions as the interface transfers them. */
export const actionsOf = (actions: readonly RuleAction[]): Action[] => actions.map(ruleActionDocument);
