import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { optionsSchema, parseOptions } from '../../../shared/platform/options.ts';

describe('options', () => {
  it('have defaults, and units as Kopano writes them', () => {
    const options = parseOptions({ imap_max_messagesize: '1M', quota_hard: '100', disabled_features: 'imap, pop3' });
    expect(options.imap_max_messagesize).toBe(1024 * 1024);
    expect(options.quota_hard).toBe(100 * 1024 * 1024);
    expect(options.disabled_features).toEqual(['imap', 'pop3']);
    expect(options.softdelete_lifetime).toBe(30);
  });

  it('an unknown option stops the start, and so does a wrong value, with its name and what is allowed', () => {
    expect(() => parseOptions({ quota_hrad: 1 })).toThrow(/unknown option quota_hrad/);
    expect(() => parseOptions({ imap_max_messagesize: 'big' })).toThrow(/imap_max_messagesize = "big".*128M/);
    expect(() => parseOptions({ imap_only_mailfolders: 'perhaps' })).toThrow(/imap_only_mailfolders/);
  });

  it('every option of the list is described by its own name', () => {
    expect(readFileSync('shared/platform/options.ts', 'utf8')).toContain('lmtp_max_messagesize');
    expect(Object.keys(optionsSchema.shape).every((name) => /^[a-z_0-9]+$/.test(name))).toBe(true);
  });
});
