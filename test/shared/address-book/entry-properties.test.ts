import { describe, expect, it } from 'vitest';
import {
  addressBookEntryId,
  EVERYONE_ENTRY_ID,
  SYSTEM_ENTRY_ID,
} from '../../../shared/address-book/address-book-ids.ts';
import {
  entryProperties,
  everyoneProperties,
  systemProperties,
} from '../../../shared/address-book/entry-properties.ts';
import type { DirectoryEntry } from '../../../shared/directory/entries/entries.ts';
import { DT, DTE_FLAG_ACL_CAPABLE } from '../../../shared/mapi/display-types.ts';
import { OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import { parseOptions } from '../../../shared/platform/options.ts';
import type { TenantId } from '../../../shared/store/engine/ids.ts';

const options = parseOptions({});
const entryOf = (more: object): DirectoryEntry =>
  ({
    kind: 'user',
    id: 7,
    tenant: 1,
    guid: Buffer.alloc(16, 7),
    name: 'anna@a.test',
    fullName: 'Anna',
    email: 'anna@a.test',
    hidden: false,
    type: 'person',
    adminLevel: 0,
    featuresOn: [],
    featuresOff: [],
    aliases: [],
    ...more,
  }) as unknown as DirectoryEntry;
const shown = (more: object, companies = new Map<TenantId, string>()) =>
  entryProperties(options, entryOf(more), companies);

describe('a user in the address book', () => {
  it('has the main address before the others', () => {
    const bag = shown({ aliases: ['a@a.test', 'b@a.test'] });
    expect(bag.get(PR.EMS_AB_PROXY_ADDRESSES)).toEqual(['SMTP:anna@a.test', 'smtp:a@a.test', 'smtp:b@a.test']);
    expect(bag.get(PR.SMTP_ADDRESS)).toBe('anna@a.test');
  });

  it.each([
    ['person', DT.MAIL_USER],
    ['room', DT.ROOM],
    ['equipment', DT.EQUIPMENT],
  ])('that is a %s is shown as one, and can be given rights', (type, display) => {
    const bag = shown({ type });
    expect(bag.get(PR.DISPLAY_TYPE)).toBe(display);
    expect(bag.get(PR.DISPLAY_TYPE_EX)).toBe(display | DTE_FLAG_ACL_CAPABLE);
    expect(bag.get(PR.OBJECT_TYPE)).toBe(OBJECT.MAIL_USER);
  });

  it('has the features that are on, in order: its own settings count before those of the server', () => {
    const features = (more: object, disabled: string) =>
      entryProperties(parseOptions({ disabled_features: disabled }), entryOf(more), new Map()).get(
        PR.EC_ENABLED_FEATURES,
      );
    expect(features({}, 'imap pop3')).toEqual(['mobile', 'outlook', 'webapp']);
    expect(features({ featuresOn: ['imap'], featuresOff: ['webapp'] }, 'imap pop3')).toEqual([
      'imap',
      'mobile',
      'outlook',
    ]);
  });

  it('has the name of its tenant where the server has more than one', () => {
    expect(shown({}, new Map([[1 as TenantId, 'Alpha']])).get(PR.EC_COMPANY_NAME)).toBe('Alpha');
    expect(shown({}).get(PR.EC_COMPANY_NAME)).toBe('');
  });

  it('tells neither its quota nor anything of its password', () => {
    const texts = [...shown({ hash: 'secret-hash', hardQuota: 12_345 }).values()].map(String);
    expect(texts.filter((text) => text.includes('secret-hash') || text.includes('12345'))).toEqual([]);
  });
});

describe('a group in the address book', () => {
  const group = { kind: 'group', name: 'team', fullName: 'Team', email: '' };

  it('is a distribution list', () => {
    const bag = shown(group);
    expect(bag.get(PR.OBJECT_TYPE)).toBe(OBJECT.DIST_LIST);
    expect(bag.get(PR.ENTRYID)).toEqual(addressBookEntryId(entryOf(group)));
  });

  it('is found by its name where it has no address', () => {
    expect(shown(group).get(PR.SEARCH_KEY)).toEqual(Buffer.from('ZARAFA:TEAM\0'));
    expect(shown({ ...group, email: 'team@a.test' }).get(PR.SEARCH_KEY)).toEqual(Buffer.from('ZARAFA:TEAM@A.TEST\0'));
  });
});

describe('the entries that every tenant has', () => {
  it('are Everyone, a distribution list that can be given rights, and SYSTEM, which is hidden', () => {
    const [everyone, system] = [everyoneProperties(), systemProperties()];
    expect(everyone.get(PR.ENTRYID)).toEqual(EVERYONE_ENTRY_ID);
    expect(everyone.get(PR.DISPLAY_TYPE_EX)).toBe(DT.DIST_LIST | DTE_FLAG_ACL_CAPABLE);
    expect(system.get(PR.ENTRYID)).toEqual(SYSTEM_ENTRY_ID);
    expect([everyone.get(PR.EC_NONACTIVE), system.get(PR.EC_NONACTIVE)]).toEqual([false, true]);
  });

  it('are made anew for each caller, who may change what it is given', () => {
    everyoneProperties().set(PR.DISPLAY_NAME, 'changed');
    expect(everyoneProperties().get(PR.DISPLAY_NAME)).toBe('Everyone');
  });
});
