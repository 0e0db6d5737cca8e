import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FolderIndexes } from '../../shared/store/messages/folder-index.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { ImapView } from '../support/imap-view.ts';
import { deliverTo, openTestStore, problems, type TestStore } from '../support/test-store.ts';

// Two gateways on one store, like two tasks of the service: each has its own indexes, and sees the other's changes through the database.

let store: TestStore;
let gateways: TestGateway[];

beforeAll(async () => {
  store = await openTestStore();
  // One keeps no index of a folder that no session has selected.
  gateways = await Promise.all([
    startTestGateway(store),
    startTestGateway(store, { indexes: new FolderIndexes(store.db, 0) }),
  ]);
});
afterAll(async () => {
  for (const gateway of gateways) gateway.close();
  await store.close();
});

const FLAGS = ['\\Seen', '\\Flagged', '\\Answered', '\\Deleted', 'kw1', 'kw2'];

type Step =
  | { kind: 'append' | 'expunge' | 'noop' | 'fetch' | 'search' | 'reselect' }
  | { kind: 'store'; at: number; to: number; sign: '+' | '-' | ''; flag: string; silent: boolean }
  | { kind: 'copy' | 'move' | 'bring'; at: number; to: number };

const place = fc.nat(40);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('expunge' as const, 'noop', 'search', 'reselect') }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('fetch' as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('store' as const),
      at: place,
      to: place,
      sign: fc.constantFrom('+' as const, '-', ''),
      flag: fc.constantFrom(...FLAGS),
      silent: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('copy' as const, 'move', 'bring'), at: place, to: place }),
  },
);

/** The command of a step in terms of the client's present view; undefined where the view has no message for it. */
function commandOf(step: Step, view: ImapView): string | undefined {
  const count = view.entries.length;
  const range = (at: number, to: number) => `${1 + (at % count)}:${1 + (to % count)}`;
  switch (step.kind) {
    case 'append':
      return 'APPEND INBOX (\\Draft) {16+}\r\nSubject: x\r\n\r\nyy';
    case 'expunge':
      return 'EXPUNGE';
    case 'noop':
      return 'NOOP';
    case 'reselect':
      return undefined;
    case 'fetch':
      return count > 0 ? 'FETCH 1:* (UID FLAGS)' : undefined;
    case 'search':
      return 'SEARCH UNSEEN NOT KEYWORD kw1';
    case 'store':
      return count > 0
        ? `STORE ${range(step.at, step.to)} ${step.sign}FLAGS${step.silent ? '.SILENT' : ''} (${step.flag})`
        : undefined;
    case 'copy':
      return count > 0 ? `COPY ${range(step.at, step.at)} INBOX` : undefined;
    case 'move':
      return count > 0 ? `MOVE ${range(step.at, step.to)} Other` : undefined;
    case 'bring':
      return count > 0 ? `UID MOVE ${view.entries[step.at % count]?.uid ?? 1} INBOX` : undefined;
  }
}

/** The view of a client that has just connected. */
async function truth(login: string): Promise<string[]> {
  const fresh = await ImapView.open(gateways[0]?.port ?? 0, login, 'secret');
  if (fresh.entries.length > 0) await fresh.run('FETCH 1:* (UID FLAGS)');
  fresh.close();
  return fresh.entries.map(({ uid, flags }) => `${uid} ${flags}`);
}

describe('two gateways on one store', () => {
  it('show all clients the same mailbox under concurrent changes', async () => {
    let runs = 0;
    let steps = 0;
    const round = fc.array(fc.tuple(step, step, step, step), { minLength: 30, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(round, async (rounds) => {
        const login = `user${++runs}@model.test`;
        const mailbox = await store.mailbox(login);
        for (let i = 0; i < 10; i++) await deliverTo(store, [mailbox], `Subject: ${i}\r\n\r\n`);
        const open = (gateway: number, ...first: string[]) =>
          ImapView.open(gateways[gateway]?.port ?? 0, login, 'secret', ...first);
        const views = [
          await open(0, 'CREATE Other'),
          await open(0, 'ENABLE CONDSTORE'),
          await open(1),
          await open(1, 'ENABLE QRESYNC'),
        ];
        try {
          for (const together of rounds) {
            await Promise.all(
              together.map(async (each, i) => {
                const view = views[i];
                const command = view && commandOf(each, view);
                if (view && command) await view.run(command);
                steps++;
              }),
            );
          }
          for (const view of views) await view.run('NOOP');
          const expected = await truth(login);
          for (const view of views) {
            // The view from all responses so far, and a new one.
            const told = view.entries.map(({ uid, flags }) => ({ uid, flags }));
            if (told.length > 0) await view.run('FETCH 1:* (UID FLAGS)');
            expect(view.entries.map(({ uid, flags }) => `${uid} ${flags}`)).toEqual(expected);
            for (const [i, { uid, flags }] of told.entries()) {
              if (uid !== undefined) expect(uid).toBe(view.entries[i]?.uid);
              if (flags !== undefined) expect(`${i} ${flags}`).toBe(`${i} ${view.entries[i]?.flags}`);
            }
          }
          // Each message is recent for the one session that has seen it first.
          for (const i of expected.keys())
            expect(views.filter((view) => view.entries[i]?.recent).length, `message ${i + 1}`).toBe(1);
        } finally {
          for (const view of views) view.close();
        }
      }),
      { numRuns: 20, endOnFailure: true },
    );
    expect(steps).toBeGreaterThan(2000);
    expect(await problems(store)).toEqual([]);
  }, 240_000);
});
