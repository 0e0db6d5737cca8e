import { DELIMITER } from '../../../shared/protocol/imap/mailbox-name.ts';
import {
  EVENTS,
  type EventGroup,
  type NotifyEvent,
  type NotifyRequest,
  parseNotify,
} from '../../../shared/protocol/imap/notify-events.ts';
import type { StoreId } from '../../../shared/store/engine/ids.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import type { MessageState } from '../../../shared/store/messages/messages.ts';
import type { CommandHandler } from './command-table.ts';
import { attributesOf, listLine } from './commands/list.ts';
import { statusLine } from './commands/status.ts';
import { BadEvent } from './error-responses.ts';
import { sendMessages } from './fetch/fetch-responses.ts';
import { encodePath, type ListedName, type NamedFolder, pathOf, visibleNames } from './mailbox-tree.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';
import type { ImapSession } from './session.ts';
import { entriesOf, subscribedNames } from './subscriptions.ts';

/** RFC 5465 §3: replaces what was asked for before. */
export const notify: CommandHandler = async (session, _tag, args) => {
  const request = parseNotify(args);
  args.end();
  if (request?.groups.some(({ unknown }) => unknown.length > 0)) throw new BadEvent(EVENTS);
  session.notifications?.stop();
  session.notifications = request && (await Notifications.start(session, request));
  await session.tellChanges(true);
};

/** What was told of a mailbox last. */
interface Told {
  path: string;
  subscribed: boolean;
  messages: number;
  uidNext: number;
  modseq: number;
}

/** What a client is told of between its commands: of its selected mailbox at once, of others as STATUS and LIST. */
export class Notifications {
  private readonly session: ImapSession;
  private readonly groups: readonly EventGroup[];
  /** The mailboxes that a group names, as paths. */
  private readonly paths: ReadonlyMap<EventGroup, ReadonlySet<string>>;
  /** The stores whose changes wake the session. */
  stores: ReadonlySet<StoreId> = new Set();
  /** By the number of the folder. */
  private told = new Map<number, Told>();

  private constructor(session: ImapSession, groups: readonly EventGroup[]) {
    this.session = session;
    this.groups = groups;
    this.paths = new Map(
      groups.map((group) => {
        const names = 'names' in group.filter ? group.filter.names : [];
        return [group, new Set(names.map((name) => pathOf(session, name)))];
      }),
    );
  }

  static async start(session: ImapSession, { groups, status }: NonNullable<NotifyRequest>): Promise<Notifications> {
    const notifications = new Notifications(session, groups);
    const names = await notifications.look();
    if (status)
      for (const { entry, events } of names)
        if (entry && events.has('MessageNew') && entry.rights & RIGHT.READ && !notifications.isSelected(entry))
          session.respond(await statusLine(session, entry, notifications.items()));
    return notifications;
  }

  stop(): void {
    this.stores = new Set();
  }

  /** Tells what has happened since the last time. */
  async tell(): Promise<void> {
    const selected = this.selectedGroup;
    if (selected && selected.events.size > 0) await this.session.tellChanges(selected.filter.kind === 'selected');
    const before = this.told;
    for (const { entry, name, events } of await this.look()) if (entry) await this.tellOf(entry, name, events, before);
    // RFC 5465 §5.4: one that is gone is listed as such.
    for (const [folder, { path }] of before)
      if (!this.told.has(folder) && this.wants(path, 'MailboxName'))
        this.session.respond(listLine(this.session, 'LIST', path, ['\\NonExistent']));
  }

  /** New messages of the selected mailbox with what the client wants to have of them (RFC 5465 §5.1). */
  async tellNew(mailbox: SelectedMailbox, added: readonly MessageState[]): Promise<void> {
    const group = this.selectedGroup;
    if (!group || group.fetch.length === 0 || added.length === 0) return;
    const items = group.fetch.some(({ name }) => name === 'UID')
      ? group.fetch
      : [{ name: 'UID' } as const, ...group.fetch];
    await sendMessages(
      this.session,
      mailbox,
      added.map(({ uid }) => uid),
      items,
    );
  }

  private async tellOf(
    entry: NamedFolder,
    name: ListedName,
    events: ReadonlySet<NotifyEvent>,
    before: ReadonlyMap<number, Told>,
  ): Promise<void> {
    const { session } = this;
    const now = this.told.get(entry.folder.id);
    const was = before.get(entry.folder.id);
    if (!now) return;
    const attributes = () => attributesOf(name, now.subscribed ? ['\\Subscribed'] : []);
    if (events.has('MailboxName') && was?.path !== now.path) {
      const old = was ? ` ("OLDNAME" (${encodePath(session, was.path)}))` : '';
      session.respond(listLine(session, 'LIST', now.path, attributes()) + old);
    } else if (events.has('SubscriptionChange') && was && was.subscribed !== now.subscribed)
      session.respond(listLine(session, 'LIST', now.path, attributes()));
    // RFC 4314 §4: what is in a mailbox, only those are told who may read it.
    if (!events.has('MessageNew') || this.isSelected(entry) || !(entry.rights & RIGHT.READ)) return;
    const changed =
      was?.messages !== now.messages ||
      was.uidNext !== now.uidNext ||
      (events.has('FlagChange') && was.modseq !== now.modseq);
    if (changed) session.respond(await statusLine(session, entry, this.items()));
  }

  /** What the client wants to hear of the mailbox that it has selected. */
  private get selectedGroup(): EventGroup | undefined {
    return this.groups.find(({ filter }) => filter.kind.startsWith('selected'));
  }

  /** What STATUS tells: enough to know whether to look. */
  private items(): string[] {
    const common = ['MESSAGES', 'UIDNEXT', 'UIDVALIDITY', 'UNSEEN'];
    return this.session.enabled.has('CONDSTORE') ? [...common, 'HIGHESTMODSEQ'] : common;
  }

  private isSelected({ folder }: NamedFolder): boolean {
    return this.session.mailbox?.folder === folder.id;
  }

  /** Reads all mailboxes that some group is about, with its events, and notes how they stand. */
  private async look(): Promise<
    { entry: NamedFolder | undefined; name: ListedName; events: ReadonlySet<NotifyEvent> }[]
  > {
    const names = await visibleNames(this.session);
    const subscribed = await subscribedNames(this.session, entriesOf(names));
    this.stores = new Set([
      this.session.ref.store,
      ...names.flatMap(({ entry }) => (entry ? [entry.tree.ref.store] : [])),
    ]);
    const found = names.map((name) => ({ name, entry: name.entry, events: this.eventsOf(name, subscribed) }));
    this.told = new Map(
      found.flatMap(({ entry, events }): [number, Told][] => {
        if (!entry || events.size === 0) return [];
        const { id, messages, uidNext, highestModseq: modseq } = entry.folder;
        return [[id, { path: entry.path, subscribed: subscribed.has(entry.path), messages, uidNext, modseq }]];
      }),
    );
    return found.filter(({ events }) => events.size > 0);
  }

  /** RFC 5465 §3.1: the first group that a mailbox is in decides. */
  private eventsOf({ entry, path }: ListedName, subscribed: ReadonlySet<string>): ReadonlySet<NotifyEvent> {
    const group = this.groups.find((each) => {
      switch (each.filter.kind) {
        case 'selected':
        case 'selected-delayed':
          return false;
        case 'inboxes':
          return entry?.tree.prefix === '' && entry.folder.role === 'inbox';
        case 'personal':
          return entry?.tree.prefix === '';
        case 'subscribed':
          return subscribed.has(path);
        default:
          return this.names(each, path);
      }
    });
    return group?.events ?? new Set();
  }

  /** Whether a group names a mailbox, or one above it whose subtree it is about. */
  private names(group: EventGroup, path: string): boolean {
    const paths = this.paths.get(group);
    if (!paths || paths.size === 0) return false;
    if (paths.has(path) || group.filter.kind !== 'subtree') return paths.has(path);
    const levels = path.split(DELIMITER);
    return levels.some((_, depth) => paths.has(levels.slice(0, depth).join(DELIMITER)));
  }

  /** Whether a mailbox that is gone was one whose name the client follows. */
  private wants(path: string, event: NotifyEvent): boolean {
    return this.groups.some(
      (group) =>
        group.events.has(event) &&
        (group.filter.kind === 'personal' || group.filter.kind === 'subscribed' || this.names(group, path)),
    );
  }
}
