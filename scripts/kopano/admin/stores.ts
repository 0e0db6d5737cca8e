import {
  createStoreFor,
  hookStore,
  listOrphans,
  listStoreless,
  removeOrphan,
  unhookStore,
} from '../../../shared/directory/entries/orphans.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { purgeDeletedItems } from '../../../shared/store/upkeep/purge.ts';
import { orphanList } from './output.ts';
import type { AdminSession } from './session.ts';

const DAY_MS = 86_400_000;

export async function showOrphans(session: AdminSession): Promise<void> {
  const tenants = await session.chosenTenants();
  const stores = (await Promise.all(tenants.map((tenant) => listOrphans(session.db, tenant.id)))).flat();
  const users = (await Promise.all(tenants.map((tenant) => listStoreless(session.db, tenant.id)))).flat();
  session.show({ stores, users }, orphanList);
}

export async function hook(session: AdminSession, guid: string, login: string | undefined): Promise<void> {
  if (login === undefined) throw new PamojaError('INVALID_PARAMETER', 'say whose the store shall be');
  await session.change(await session.tenantOf(login), 'store.hook', login, (tx, tenant) =>
    hookStore(tx, tenant, guidOf(guid), login),
  );
  session.say(`Store '${guid.toUpperCase()}' is now the store of '${login}'.`);
}

export async function unhook(session: AdminSession, login: string): Promise<void> {
  await session.change(await session.tenantOf(login), 'store.unhook', login, (tx, tenant) =>
    unhookStore(tx, tenant, login),
  );
  session.say(`The store of '${login}' has been taken away; --list-orphans shows it.`);
}

export async function create(session: AdminSession, login: string, locale: string | undefined): Promise<void> {
  const { clock, options } = session.context;
  await session.change(await session.tenantOf(login), 'store.create', login, (tx, tenant) =>
    createStoreFor(tx, clock, tenant, login, locale ?? options.default_store_locale),
  );
  session.say(`Store of '${login}' created.`);
}

/** Manual 8.2.3: marked now, removed once the soft-delete lifetime is over. */
export async function remove(session: AdminSession, guid: string): Promise<void> {
  for (const tenant of await session.chosenTenants()) {
    const orphans = await listOrphans(session.db, tenant.id);
    if (!orphans.some((orphan) => orphan.guid === guid.toLowerCase())) continue;
    await session.change(tenant.id, 'store.remove', guid, (tx, id) =>
      removeOrphan(tx, session.context.clock, id, guidOf(guid)),
    );
    return session.say(`Store '${guid.toUpperCase()}' will be removed after the soft-delete lifetime.`);
  }
  throw new PamojaError('NOT_FOUND', 'no such orphaned store');
}

export async function purge(session: AdminSession, days: number): Promise<void> {
  if (!Number.isInteger(days) || days < 0) throw new PamojaError('INVALID_PARAMETER', 'a number of days is needed');
  const before = session.context.clock() - days * DAY_MS + (days === 0 ? 1 : 0);
  const report = await purgeDeletedItems(session.context, before, () => true);
  session.show(
    report,
    ({ messages, folders, stores }) => `Purged ${messages} messages, ${folders} folders and ${stores} stores.`,
  );
}

function guidOf(text: string): Buffer {
  if (!/^[0-9a-f]{32}$/i.test(text)) throw new PamojaError('INVALID_PARAMETER', 'a guid has 32 hexadecimal digits');
  return Buffer.from(text, 'hex');
}
