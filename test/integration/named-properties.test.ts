import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MapiObject, OBJECT } from '../../shared/mapi/property-document.ts';
import { FIRST_NAMED, PR } from '../../shared/mapi/property-tags.ts';
import { writeTnef } from '../../shared/mime/tnef-writer.ts';
import { idsOfNames, namesIn } from '../../shared/store/content/named-properties.ts';
import { newGuid } from '../../shared/store/engine/ids.ts';
import { messagesByIds } from '../../shared/store/messages/message-facts.ts';
import { openMessage } from '../../shared/store/messages/open-message.ts';
import { deliverTo, type Mailbox, openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const APPOINTMENT = Buffer.from('0220060000000000c000000000000046', 'hex');
const OWN = Buffer.alloc(16, 7);

/** A message with winmail.dat, in which each value has the name that stands with it. */
function withNames(values: readonly (readonly [Buffer, number | string, string])[]): string {
  const message: MapiObject = {
    type: OBJECT.MESSAGE,
    id: 1,
    children: [],
    properties: new Map(values.map(([, , value], i) => [(((0x8501 + i) << 16) | 0x1f) >>> 0, value])),
  };
  const tnef = writeTnef(message, (id) => {
    const [guid, name] = values[id - 0x8501] ?? [];
    return guid && name !== undefined ? { guid, name } : undefined;
  });
  const data = tnef.toString('base64').replace(/.{76}/g, '$&\r\n');
  return `Subject: named\r\nMIME-Version: 1.0\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n${data}\r\n`;
}

async function deliverAndOpen(mailbox: Mailbox, message: string): Promise<MapiObject> {
  const id = newGuid(store.clock());
  await deliverTo(store, [mailbox], message, { id });
  const [facts] = await messagesByIds(store.db, mailbox, [id]);
  if (!facts) throw new Error('the message is not there');
  return (await openMessage(store, facts)).object;
}

describe('properties with names that come as TNEF', () => {
  it('are stored under ids of each tenant and written with their names again', async () => {
    const [one, two] = [await store.mailbox('a@one.test'), await store.mailbox('b@two.test')];
    const location = { guid: APPOINTMENT, kind: 0, name: String(0x8208) } as const;
    const own = { guid: OWN, kind: 1, name: 'Größe' } as const;
    // Another name has the first id of one tenant.
    await idsOfNames(store, one.tenant, [own], true);
    const message = withNames([
      [APPOINTMENT, 0x8208, 'Raum 1'],
      [OWN, 'Größe', 'groß'],
    ]);
    for (const mailbox of [one, two]) {
      const { properties } = await deliverAndOpen(mailbox, message);
      const [place = 0, size = 0] = await idsOfNames(store, mailbox.tenant, [location, own], false);
      expect(place).toBe(mailbox === one ? 2 : 1);
      expect(properties.get((((FIRST_NAMED + place) << 16) | 0x1f) >>> 0)).toBe('Raum 1');
      // A name that not all programs use counts where the tenant has an id for it.
      expect(size > 0).toBe(mailbox === one);
      expect([...properties.values()].includes('groß')).toBe(mailbox === one);
      const nameOf = await namesIn(store, mailbox.tenant, { type: OBJECT.MESSAGE, id: 1, properties, children: [] });
      expect(nameOf(FIRST_NAMED + place)).toEqual({ guid: APPOINTMENT, name: 0x8208 });
      expect(properties.get(PR.SUBJECT)).toBe('named');
    }
  });

  it('cannot exhaust the ids of a tenant', async () => {
    const mailbox = await store.mailbox('c@three.test');
    await deliverAndOpen(
      mailbox,
      withNames(Array.from({ length: 2000 }, (_, i) => [i % 2 ? OWN : APPOINTMENT, i % 2 ? `x${i}` : 0x9000 + i, 'x'])),
    );
    expect(
      await store.db
        .selectFrom('named_properties')
        .select('id')
        .where('tenant_id', '=', mailbox.tenant)
        .where('guid', 'in', [OWN, APPOINTMENT])
        .execute(),
    ).toEqual([]);
  });
});
