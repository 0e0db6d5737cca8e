import { describe, expect, it } from 'vitest';
import { PR } from '../../../../shared/mapi/property-tags.ts';
import { ruleActionsOf } from '../../../../shared/protocol/soap/rule-action.ts';

const FORWARD = { acttype: 7, flavor: 0, flags: 0 };

describe('a forward', () => {
  it('names its recipients', () => {
    const name = { tag: PR.DISPLAY_NAME, value: 'Anna' };
    expect(ruleActionsOf([{ ...FORWARD, adrlist: [[name]] }])).toMatchObject([
      { type: 'forward', recipients: [[name]] },
    ]);
  });

  it('to a recipient that is not there is refused', () => {
    expect(() => ruleActionsOf([{ ...FORWARD, adrlist: [undefined] }])).toThrow('the rule action lacks the part');
  });
});
