import { DELIMITER } from '../../../shared/protocol/imap/mailbox-name.ts';
import type { EventGroup, NotifyEvent, NotifyRequest } from '../../../shared/protocol/imap/notify-events.ts';
import type { StoreId } from '../../../shared/store/engine/ids.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import type { MessageState } from '../../../shared/store/messages/message-list.ts';
import { sendMessages } from './fetch/fetch-responses.ts';
import { attributesOf, listLine } from './list-response.ts';
import { encodePath, type ListedName, pathOf, visibleNames } from './mailbox-tree.ts';
import type { NamedFolder } from './named-folder.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';
import type { ChangeNotifications, ImapSession } from './session.ts';
import { statusLine } from './status-response.ts';
import { entriesOf, subscribedNames } from './subscriptions.ts';
import { sendUpdates } from './untagged-updates.ts';

/** The state of a mailbox that the client has been sent last. */
interface SentState {
  path: string;
  subscribed: boolean;
  messages: number;
  uidNext: number;
  modseq: number;
}

/** Sends the changes that a client has asked for between its commands: of the selected mailbox as in any session, of others as STATUS and LIST. */
export class Notifications implements ChangeNotifications {
  private readonly session: ImapSession;
  private readonly groups: readonly EventGroup[];
  /** The paths of the mailboxes that a group names. */
  private readonly paths: ReadonlyMap<EventGroup, ReadonlySet<string>>;
  /** The stores whose changes concern the session. */
  stores: ReadonlySet<StoreId> = new Set();
  /** The states by folder id. */
  private sent = new Map<number, SentState>();

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
    const names = await notifications.readMailboxes();
    if (status)
      for (const { entry, events } of names)
        if (entry && events.has('MessageNew') && entry.rights & RIGHT.READ && !notifications.isSelected(entry))
          session.output.respond(await statusLine(session, entry, notifications.items()));
    return notifications;
  }

  stop(): void {
    this.stores = new Set();
  }

  /** Sends the changes since the last call. */
  async send(): Promise<void> {
    const selected = this.selectedGroup;
    if (selected && selected.events.size > 0) await sendUpdates(this.session, selected.filter.kind === 'selected');
    const before = this.sent;
    for (const { entry, name, events } of await this.readMailboxes())
      if (entry) await this.sendState(entry, name, events, before);
    // RFC 5465 §5.4: a mailbox that is gone is listed as not existing.
    for (const [folder, { path }] of before)
      if (!this.sent.has(folder) && this.wants(path, 'MailboxName'))
        this.session.output.respond(listLine(this.session.extensions, 'LIST', path, ['\\NonExistent']));
  }

  /** Sends new messages of the selected mailbox, with the items that the client wants of them (RFC 5465 §5.1). */
  async sendNewMessages(mailbox: SelectedMailbox, added: readonly MessageState[]): Promise<void> {
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

  private async sendState(
    entry: NamedFolder,
    name: ListedName,
    events: ReadonlySet<NotifyEvent>,
    before: ReadonlyMap<number, SentState>,
  ): Promise<void> {
    const { session } = this;
    const now = this.sent.get(entry.folder.id);
    const was = before.get(entry.folder.id);
    if (!now) return;
    const attributes = () => attributesOf(name, now.subscribed ? ['\\Subscribed'] : []);
    if (events.has('MailboxName') && was?.path !== now.path) {
      const old = was ? ` ("OLDNAME" (${encodePath(session.extensions, was.path)}))` : '';
      session.output.respond(listLine(session.extensions, 'LIST', now.path, attributes()) + old);
    } else if (events.has('SubscriptionChange') && was && was.subscribed !== now.subscribed)
      session.output.respond(listLine(session.extensions, 'LIST', now.path, attributes()));
    // RFC 4314 §4: STATUS only with the right to read.
    if (!events.has('MessageNew') || this.isSelected(entry) || !(entry.rights & RIGHT.READ)) return;
    const changed =
      was?.messages !== now.messages ||
      was.uidNext !== now.uidNext ||
      (events.has('FlagChange') && was.modseq !== now.modseq);
    if (changed) session.output.respond(await statusLine(session, entry, this.items()));
  }

  /** The events that the client wants of the selected mailbox. */
  private get selectedGroup(): EventGroup | undefined {
    return this.groups.find(({ filter }) => filter.kind.startsWith('selected'));
  }

  /** The items of STATUS (RFC 5465 §4). */
  private items(): string[] {
    const common = ['MESSAGES', 'UIDNEXT', 'UIDVALIDITY', 'UNSEEN'];
    return this.session.extensions.has('CONDSTORE') ? [...common, 'HIGHESTMODSEQ'] : common;
  }

  private isSelected({ folder }: NamedFolder): boolean {
    return this.session.mailbox?.folder === folder.id;
  }

  /** Reads the mailboxes of all groups, each with its events, and notes their states. */
  private async readMailboxes(): Promise<
    { entry: NamedFolder | undefined; name: ListedName; events: ReadonlySet<NotifyEvent> }[]
  > {
    const names = await visibleNames(this.session);
    const subscribed = await subscribedNames(this.session, entriesOf(names));
    this.stores = new Set([
      this.session.login.ref.store,
      ...names.flatMap(({ entry }) => (entry ? [entry.tree.ref.store] : [])),
    ]);
    const found = names.map((name) => ({ name, entry: name.entry, events: this.eventsOf(name, subscribed) }));
    this.sent = new Map(
      found.flatMap(({ entry, events }): [number, SentState][] => {
        if (!entry || events.size === 0) return [];
        const { id, messages, uidNext, highestModseq: modseq } = entry.folder;
        return [[id, { path: entry.path, subscribed: subscribed.has(entry.path), messages, uidNext, modseq }]];
      }),
    );
    return found.filter(({ events }) => events.size > 0);
  }

  /** RFC 5465 §3.1: the first group that a mailbox is in decides about its events. */
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

  /** Whether a group names a mailbox, or one above it together with its subtree. */
  private names(group: EventGroup, path: string): boolean {
    const paths = this.paths.get(group);
    if (!paths || paths.size === 0) return false;
    if (paths.has(path) || group.filter.kind !== 'subtree') return paths.has(path);
    const levels = path.split(DELIMITER);
    return levels.some((_, depth) => paths.has(levels.slice(0, depth).join(DELIMITER)));
  }

  /** Whether the client wants events of a mailbox that is gone. */
  private wants(path: string, event: NotifyEvent): boolean {
    return this.groups.some(
      (group) =>
        group.events.has(event) &&
        (group.filter.kind === 'personal' || group.filter.kind === 'subscribed' || this.names(group, path)),
    );
  }
}
