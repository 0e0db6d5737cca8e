import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PR, PT, propertyType } from '../../shared/mapi/property-tags.ts';

// STYLE: a magic number gets its MAPI name. A property tag stands in shared/mapi/property-tags.ts and nowhere else.

/** Files in which a number may look like a tag, and why. */
const OTHER_NUMBERS: Record<string, string> = {
  'shared/mapi/property-tags.ts': 'the tags themselves',
  'shared/mapi/error.ts': 'error codes of Kopano: 0x80000002 ends like a PT_SHORT',
};

/** A tag that leaves its type open ends in four zeros, as masks and flags do. */
const TYPES = new Set<number>(Object.values(PT).filter((type) => type !== PT.UNSPECIFIED));

const NUMBER = /\b0x([0-9a-f]{4})_?([0-9a-f]{4})\b/gi;
const COMPARED_ID = /(?:propertyId\(\w+\)|\w+ >>> 16\)?) [!=]== 0x[0-9a-f]+/gi;

const isComment = (line: string): boolean => /^\s*(?:\/\/|\/?\*)/.test(line);

/** Property tags and property ids that a text gives as numbers. */
const rawTags = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => !isComment(line))
    .flatMap((line) => [
      ...[...line.matchAll(NUMBER)].filter(([, , type]) => TYPES.has(Number(`0x${type}`))).map(([tag]) => tag),
      ...(line.match(COMPARED_ID) ?? []),
    ]);

const files = globSync('{shared,services,functions}/**/*.ts').filter((file) => !(file in OTHER_NUMBERS));

describe('property tags', () => {
  it('are found where they stand as numbers', () => {
    expect(rawTags('const a = [0x0037001f, 0x3001_001E, 0x80000000, 0x00010000];')).toEqual([
      '0x0037001f',
      '0x3001_001E',
    ]);
    expect(rawTags('if (propertyId(tag) === 0x3001) return;')).toHaveLength(1);
    expect(rawTags('// PR_SUBJECT is 0x0037001f')).toEqual([]);
  });

  it('stand by their names in shared, services and functions', () => {
    expect(files.length).toBeGreaterThan(250);
    const found = files.flatMap((file) => rawTags(readFileSync(file, 'utf8')).map((tag) => `${file}: ${tag}`));
    expect(found).toEqual([]);
  });

  it('have one name each, and a type that MAPI has', () => {
    const tags: number[] = Object.values(PR);
    expect(tags.filter((tag, i) => tags.indexOf(tag) !== i)).toEqual([]);
    expect(tags.filter((tag) => !TYPES.has(propertyType(tag)))).toEqual([]);
  });
});
