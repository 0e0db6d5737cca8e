import { describe, expect, it } from 'vitest';
import { sourceOf } from '../../scripts/figures/source-files.ts';
import { expressions, expressionsOf, prove, provedBefore } from '../../scripts/fuzz/expressions.ts';

// A regular expression that takes the square of its input's length stops a process with one mail. All of them are proved not to by recheck, but
// for these.

const LOOKS_AROUND = 'the prover knows no look-around; each of its parts ends at a character that the next begins with';
const BOUNDED = 'its input is cut to some hundred characters before';

/** Expressions that cannot be proved linear, and why they may stand. */
const ALLOWED: Record<string, string> = {
  '/[^a-z]+(\\w)/gi': 'sees routes of our own',
  '/^Subject: *([^\\r\\n]*)\\r?\\n(?:\\r?\\n)?([\\s\\S]*)$/': 'sees a template of the configuration',
  '/[+-]\\d{4}.*$/': BOUNDED,
  '/\\s*\\(fwd\\)$/i': BOUNDED,
  '/\\([^)]*\\)/g': BOUNDED,
  '/\\(.*?\\)/g': BOUNDED,
  '/<[^>]*>|[^<]+/g': 'sees a text that ends with ">", so that each "<" finds one',
  '/%.*$/': 'sees the address of a socket',
  '/=+$/': 'sees base64 of our own, which ends with two at most',
  '/^"((?:[^"\\\\]|\\\\.)*)"(?=@)/': LOOKS_AROUND,
  '/(\\?=)\\s+(?==\\?[^?\\s]+\\?[bq]\\?)/gi': LOOKS_AROUND,
  '/^::ffff:(?=\\d+\\.)/i': LOOKS_AROUND,
  '/^(?!-)[^\\s.@<>()[\\]\\\\",;:\\x00-\\x1f\\x7f]{1,63}(\\.[^\\s.@<>()[\\]\\\\",;:\\x00-\\x1f\\x7f]{1,63})*$/':
    LOOKS_AROUND,
  '/^(?!-)[a-z0-9-]{1,63}(?<!-)(\\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/': LOOKS_AROUND,
};

/** Files that make expressions of text, and what of. */
const MADE_OF_TEXT: Record<string, string> = {
  'shared/http/router.ts': 'paths of our own routes',
  'services/gateway/imap/command-reader.ts': 'constants of the file',
  'shared/protocol/soap/multipart.ts': 'names of parameters that the file gives',
  'shared/directory/login/login-name.ts': 'the configuration',
  'shared/mapi/restriction-matcher.ts': "a client's text, with its special characters escaped",
};

const all = expressions();

describe('regular expressions that read unauthenticated input', () => {
  it('are all found', () => {
    expect(all.length).toBeGreaterThan(200);
    const source = sourceOf('f.ts', 'const a: number = /x+/g.exec(y) ? RegExp(b) : new RegExp(c)');
    expect(expressionsOf(source)).toMatchObject([{ text: '/x+/g' }, { text: 'RegExp(...)' }, { text: 'RegExp(...)' }]);
  });

  it('take a time that grows as their input does', { timeout: 120_000 }, async () => {
    const known = provedBefore();
    const wrong: string[] = [];
    for (const { text, pattern, flags, file } of all) {
      if (text === 'RegExp(...)' || text in ALLOWED || known.has(text)) continue;
      const verdict = await prove({ pattern, flags });
      if (verdict !== 'linear') wrong.push(`${file}: ${text}: ${verdict}`);
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ['\\0+$', ''],
    ['\\s*\\.\\s*', 'g'],
    ['^(a+)+$', ''],
  ])('are told from those that do not: /%s/%s', { timeout: 60_000 }, async (pattern, flags) => {
    expect(await prove({ pattern, flags })).toMatch(/polynomial|exponential/);
  });

  it('are made of text only where that is harmless', () => {
    const files = all.filter(({ text }) => text === 'RegExp(...)').map(({ file }) => file);
    expect([...new Set(files)].sort()).toEqual(Object.keys(MADE_OF_TEXT).sort());
  });

  it('that are allowed without a proof stand in the sources', () => {
    const texts = new Set(all.map(({ text }) => text));
    expect(Object.keys(ALLOWED).filter((text) => !texts.has(text))).toEqual([]);
  });
});
