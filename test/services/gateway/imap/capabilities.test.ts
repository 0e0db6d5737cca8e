import { describe, expect, it } from 'vitest';
import { capabilities } from '../../../../services/gateway/imap/capabilities.ts';

const OPTIONS = { imap_capability_idle: true, imap_max_messagesize: 1000 };

function offered({
  isLoggedIn = false,
  allowsPasswords = true,
  isSecure = false,
  isCompressed = false,
  tls = true,
  tokens = false,
  options = OPTIONS,
} = {}) {
  return capabilities({
    connection: { isSecure, isCompressed },
    login: { isLoggedIn, allowsPasswords },
    context: {
      tls: tls ? {} : undefined,
      authenticators: [{ checkToken: tokens ? () => {} : undefined }],
      store: { options },
    },
  } as unknown as Parameters<typeof capabilities>[0]);
}

describe('before the login', () => {
  it('STARTTLS is offered in the clear alone, where there is a certificate', () => {
    expect(offered()).toContain('STARTTLS');
    expect(offered({ isSecure: true })).not.toContain('STARTTLS');
    expect(offered({ tls: false })).not.toContain('STARTTLS');
  });

  it('no mechanism is offered while passwords may not be sent (RFC 3501 §6.2.3)', () => {
    const names = offered({ allowsPasswords: false });
    expect(names).toContain('LOGINDISABLED');
    expect(names.filter((name) => name.startsWith('AUTH='))).toEqual([]);
  });

  it('tokens are offered where they can be checked', () => {
    expect(offered()).not.toContain('AUTH=OAUTHBEARER');
    expect(offered({ tokens: true })).toEqual(expect.arrayContaining(['AUTH=OAUTHBEARER', 'AUTH=XOAUTH2']));
  });

  it('nothing is offered that needs a login', () => {
    expect(offered()).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(IDLE|MOVE|APPENDLIMIT|COMPRESS)/)]));
  });
});

describe('after the login', () => {
  it('no way to log in is offered', () => {
    const names = offered({ isLoggedIn: true });
    expect(names.filter((name) => name.startsWith('AUTH=') || name === 'STARTTLS')).toEqual([]);
  });

  it('the limit of APPEND is the configured one, and IDLE can be switched off', () => {
    expect(offered({ isLoggedIn: true })).toEqual(expect.arrayContaining(['APPENDLIMIT=1000', 'IDLE']));
    expect(offered({ isLoggedIn: true, options: { ...OPTIONS, imap_capability_idle: false } })).not.toContain('IDLE');
  });

  it('compression is offered once (RFC 4978)', () => {
    expect(offered({ isLoggedIn: true })).toContain('COMPRESS=DEFLATE');
    expect(offered({ isLoggedIn: true, isCompressed: true })).not.toContain('COMPRESS=DEFLATE');
  });

  it('no name is there twice', () => {
    const names = offered({ isLoggedIn: true });
    expect(new Set(names).size).toBe(names.length);
  });
});
