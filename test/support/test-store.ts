import { randomBytes } from 'node:crypto';
import { type Logger, sql } from 'kysely';
import { inject } from 'vitest';
import { memoryObjects } from '../../shared/blobs/memory-objects.ts';
import { type Database, openDatabase } from '../../shared/database/database.ts';
import { migrate } from '../../shared/database/migrate.ts';
import { createUser } from '../../shared/directory/entries/users.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { createTenant } from '../../shared/directory/tenants/tenants.ts';
import { bytesSource } from '../../shared/mime/message-source.ts';
import { scanMessage } from '../../shared/mime/scanner.ts';
import { parseOptions } from '../../shared/platform/options.ts';
import { prepareMessage } from '../../shared/store/content/prepare-message.ts';
import type { StoreContext } from '../../shared/store/engine/context.ts';
import {
  type FolderId,
  newGuid,
  type StoreRef,
  type TenantId,
  type Uid,
  type UserId,
} from '../../shared/store/engine/ids.ts';
import { type Folder, listFolders } from '../../shared/store/folders/folder.ts';
import { deliverVariants } from '../../shared/store/messages/deliver.ts';
import type { DeliveryOutcome, DeliveryTarget } from '../../shared/store/messages/delivery-item.ts';
import { openContents } from '../../shared/store/messages/message-content.ts';
import { listStates } from '../../shared/store/messages/message-list.ts';
import { fsck, type Inconsistency } from '../../shared/store/upkeep/fsck.ts';

/** A mailbox of a test. */
export interface Mailbox extends StoreRef {
  user: UserId;
  login: string;
  inbox: FolderId;
}

export interface TestStore extends StoreContext {
  objects: ReturnType<typeof memoryObjects>;
  /** Milliseconds; moves only when a test moves it. */
  time: { now: number };
  signalled: number[];
  mailbox(login: string): Promise<Mailbox>;
  tenant(name: string, ...domains: string[]): Promise<TenantId>;
  close(): Promise<void>;
}

/** A store on a database of its own, with objects in memory and a clock that stands still. */
export async function openTestStore(
  options: Record<string, unknown> = {},
  { poolSize = 8, log }: { poolSize?: number; log?: Logger } = {},
): Promise<TestStore> {
  const server = inject('mariadb');
  const database = `test_${randomBytes(6).toString('hex')}`;
  const admin = openDatabase({ ...server, database: 'kopano', tls: false, poolSize: 1 });
  await sql.raw(`CREATE DATABASE \`${database}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`).execute(admin);
  const db: Database = openDatabase({ ...server, database, tls: false, poolSize }, undefined, log);
  const time = { now: Date.UTC(2026, 10, 21) };
  const clock = () => time.now;
  await migrate(db, clock);
  const signalled: number[] = [];
  const context: StoreContext & { objects: ReturnType<typeof memoryObjects> } = {
    db,
    objects: memoryObjects(),
    clock,
    // Passwords of tests are short: the rules for passwords are tested elsewhere.
    options: parseOptions({ password_min_length: 1, ...options }),
    signalChanges: (stores) => void signalled.push(...stores),
  };
  const tenants = new Map<string, TenantId>();
  const tenant = async (name: string, ...domains: string[]) => {
    const id = await createTenant(context, name, domains);
    for (const domain of domains) tenants.set(domain, id);
    return id;
  };
  return Object.assign(context, {
    time,
    signalled,
    tenant,
    async mailbox(login: string): Promise<Mailbox> {
      const domain = login.split('@')[1] ?? '';
      const owner = tenants.get(domain) ?? (await tenant(domain, domain));
      const { user, store } = await createUser(context, owner, {
        login,
        email: login,
        password: 'secret',
        fullName: login,
        features: ['imap'],
      });
      const [[recipient] = []] = await dbSource(db, context.options).resolve([login]);
      if (!recipient) throw new Error('the user that was made is not found');
      return { ...store, user, login, inbox: recipient.inbox };
    },
    async close() {
      await db.destroy();
      await sql.raw(`DROP DATABASE \`${database}\``).execute(admin);
      await admin.destroy();
    },
  });
}

export interface DeliverToOptions {
  id?: Buffer;
  hardQuota?: number;
  mayBeStored?: boolean;
  folder?: FolderId;
}

/** Delivers bytes to mailboxes as one message. */
export async function deliverTo(
  store: StoreContext,
  mailboxes: readonly Mailbox[],
  bytes: Buffer | string,
  options: DeliverToOptions = {},
): Promise<DeliveryOutcome[]> {
  const message = Buffer.from(bytes as string);
  const id = options.id ?? newGuid(store.clock());
  const target = (mailbox: Mailbox): DeliveryTarget => ({
    tenant: mailbox.tenant,
    store: mailbox.store,
    folder: options.folder ?? mailbox.inbox,
    id,
    hardQuota: options.hardQuota ?? 0,
  });
  const forms = [];
  for (const [tenant, own] of Map.groupBy(mailboxes, (mailbox) => mailbox.tenant)) {
    const source = bytesSource(message);
    const prepared = await prepareMessage(store, tenant, source, scanMessage(message), store.clock());
    forms.push({ message: prepared, targets: own.map(target) });
  }
  const outcomes = (await deliverVariants(store, forms, { mayBeStored: options.mayBeStored ?? false })).flat();
  const stores = forms.flatMap(({ targets }) => targets.map(({ store: id }) => id));
  return mailboxes.map((mailbox) => outcomes[stores.indexOf(mailbox.store)] ?? { kind: 'gone' });
}

/** The bytes of all messages of a folder, in the order of their uids. */
export async function readFolder(store: StoreContext, ref: StoreRef, folder: FolderId): Promise<Buffer[]> {
  const states = await listStates(store.db, ref, folder);
  const messages: Buffer[] = [];
  for await (const [, content] of openContents(
    store,
    ref,
    folder,
    states.map((state) => state.uid),
  )) {
    const chunks: Buffer[] = [];
    for await (const chunk of content.read({ start: 0, end: content.size })) chunks.push(Buffer.from(chunk));
    messages.push(Buffer.concat(chunks));
  }
  return messages;
}

export const allUids = async (store: StoreContext, ref: StoreRef, folder: FolderId): Promise<Uid[]> =>
  (await listStates(store.db, ref, folder)).map(({ uid }) => uid);

export async function folderOf(store: StoreContext, ref: StoreRef, role: Folder['role']): Promise<Folder> {
  const folder = (await listFolders(store.db, ref)).find((entry) => entry.role === role);
  if (!folder) throw new Error(`no folder ${role}`);
  return folder;
}

export const problems = async (store: TestStore): Promise<Inconsistency[]> =>
  (await fsck(store.db, store.objects)).problems;
