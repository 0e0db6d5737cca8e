import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

// DESIGN: functions, services, scripts -> delivery, submission, ics, search -> access, address-book, directory -> store -> blobs
// -> net, database -> platform; everything may import mapi, mime, calendar and protocol, which import nothing but each other.

const PURE = ['shared/mapi', 'shared/mime', 'shared/calendar', 'shared/protocol'];

/** The parts of the domain from below; each may import those below it. */
const LAYERS = [
  ['shared/platform'],
  ['shared/database', 'shared/net'],
  ['shared/blobs'],
  ['shared/store'],
  ['shared/directory'],
  ['shared/access', 'shared/http'],
  ['shared/address-book'],
  ['shared/ics', 'shared/search', 'shared/delivery', 'shared/submission'],
];

/** What each part may import besides itself and the pure modules. */
const ALLOWED: Record<string, string[]> = {
  ...Object.fromEntries(PURE.map((part) => [part, []])),
  ...Object.fromEntries(LAYERS.flatMap((layer, i) => layer.map((part) => [part, LAYERS.slice(0, i).flat()]))),
};

const SHARED = Object.keys(ALLOWED);

/** The rooms of the store from below; each may import those below it. */
const ROOMS = [
  ['engine'],
  ['content'],
  ['stores'],
  ['folders'],
  ['messages'],
  ['tables', 'trees', 'outgoing'],
  ['upkeep'],
];

/** Node's own modules that do no I/O, read no clock and no environment. */
const PURE_NODE = ['node:crypto', 'node:buffer', 'node:zlib'];

/** Packages that are functions of their input alone. */
const PURE_PACKAGES = ['saxes', 'sanitize-html'];

interface Import {
  file: string;
  from: string;
  to: string;
}

const partOf = (file: string): string =>
  SHARED.find((part) => file.startsWith(`${part}/`)) ?? file.split('/').slice(0, 2).join('/');

const files = globSync('{infra,functions,services,shared,scripts}/**/*.ts');

const imports: Import[] = files.flatMap((file) => {
  const source = readFileSync(file, 'utf8');
  const specifiers = [...source.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)'([^']+)'/g)].map((match) => match[1] ?? '');
  return specifiers.map((to) => ({
    file,
    from: partOf(file),
    to: to.startsWith('.') ? path.normalize(path.join(path.dirname(file), to)) : to,
  }));
});

/** The room of a file of the store. */
const roomOf = (file: string): string => file.split('/')[2] ?? '';

const levelOf = (file: string): number => ROOMS.findIndex((rooms) => rooms.includes(roomOf(file)));

const relative = imports.filter(({ to }) => !to.startsWith('node:') && to.includes('/') && /\.ts$/.test(to));

describe('the import graph', () => {
  it('has been read', () => {
    expect(files.length).toBeGreaterThan(80);
    expect(relative.length).toBeGreaterThan(150);
  });

  it('every folder of shared has its place among the layers', () => {
    const folders = files.filter((file) => file.startsWith('shared/')).map((file) => file.split('/', 2).join('/'));
    expect([...new Set(folders)].filter((folder) => !SHARED.includes(folder))).toEqual([]);
  });

  it.each(SHARED)('%s imports only the parts that it may', (part) => {
    const allowed = [part, ...PURE, ...(ALLOWED[part] ?? [])];
    const wrong = relative.filter(({ from, to }) => from === part && !allowed.includes(partOf(to)));
    expect(wrong.map(({ file, to }) => `${file} -> ${to}`)).toEqual([]);
  });

  it('every file of the store is in a room', () => {
    const homeless = files.filter((file) => partOf(file) === 'shared/store' && levelOf(file) === -1);
    expect(homeless).toEqual([]);
  });

  it('the rooms of the store import downward only', () => {
    const wrong = relative.filter(
      ({ file, from, to }) =>
        from === 'shared/store' && partOf(to) === from && roomOf(file) !== roomOf(to) && levelOf(to) >= levelOf(file),
    );
    expect(wrong.map(({ file, to }) => `${file} -> ${to}`)).toEqual([]);
  });

  it('a function or a service imports shared code and its own, and no other function or service', () => {
    const wrong = relative.filter(
      ({ from, to }) => /^(functions|services)\//.test(from) && !to.startsWith('shared/') && partOf(to) !== from,
    );
    expect(wrong.map(({ file, to }) => `${file} -> ${to}`)).toEqual([]);
  });

  it('infra knows the paths of handlers, never their code', () => {
    const wrong = relative.filter(({ file, to }) => file.startsWith('infra/') && !to.startsWith('infra/'));
    expect(wrong.map(({ file, to }) => `${file} -> ${to}`)).toEqual([]);
  });

  it('pure modules import nothing that does I/O', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        PURE.includes(from) && !to.endsWith('.ts') && !PURE_NODE.includes(to) && !PURE_PACKAGES.includes(to),
    );
    expect(wrong.map(({ file, to }) => `${file} -> ${to}`)).toEqual([]);
  });

  it('pure modules read no clock, no chance and no environment', () => {
    const wrong = files.filter(
      (file) =>
        PURE.includes(partOf(file)) &&
        /Date\.now\(|new Date\(\)|Math\.random\(|process\.|performance\.now\(/.test(readFileSync(file, 'utf8')),
    );
    expect(wrong).toEqual([]);
  });

  it('of the programs, only shared/platform reads process.env', () => {
    const wrong = files.filter(
      (file) =>
        /^(functions|services|shared)\//.test(file) &&
        partOf(file) !== 'shared/platform' &&
        readFileSync(file, 'utf8').includes('process.env'),
    );
    expect(wrong).toEqual([]);
  });
});
