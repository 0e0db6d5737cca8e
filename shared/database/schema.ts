import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

// The tables as kysely knows them; `migrations/` creates them. Times are milliseconds since 1970 (UTC), sizes bytes.

/** A column that statements may leave to its default. */
type Optional<T> = ColumnType<T, T | undefined, T>;

declare const raising: unique symbol;

/** A value that is written together with the next version of its account: shared/directory/login/session-version.ts makes it, and nothing else can. */
export type Raising<T> = T & { readonly [raising]: true };

/** A column that open sessions depend on: a change of it ends them, so it is changed with their version or not at all. */
type Guarded<T> = ColumnType<T, T, Raising<T>>;

/** The same, where it has a default. */
type GuardedOptional<T> = ColumnType<T, T | undefined, Raising<T>>;

/** A BIGINT that statements may also give a default for. */
type Counter = ColumnType<number, number | undefined, number>;

export interface Schema {
  tenants: TenantsTable;
  /** Proved, or vouched for: mail for them stays inside. `proved_by` is `dns`, `provider` or `unknown`. */
  domains: {
    name: string;
    tenant_id: number;
    proved_by: Optional<string>;
    /** Set by the database. */
    reversed: ColumnType<string, never, never>;
  };
  /** Domains that tenants have claimed and not proved. */
  domain_claims: { tenant_id: number; name: string; token: string; created_at: number; checked_at: Counter };
  users: UsersTable;
  /** The address of a user or of a group. */
  addresses: {
    address: string;
    tenant_id: number;
    user_id: number | null;
    group_id: ColumnType<number | null, number | null | undefined, number | null>;
    is_primary: number;
  };
  groups: {
    id: Generated<number>;
    tenant_id: number;
    guid: Buffer;
    name: string;
    full_name: string;
    email: string;
    hidden: Counter;
    created_at: number;
    search_name: GeneratedAlways<string>;
    search_login: GeneratedAlways<string>;
  };
  /** `kind` is `user` or `group`. */
  group_members: { tenant_id: number; group_id: number; kind: string; member_id: number };
  send_as: { tenant_id: number; user_id: number; delegate_id: number };
  company_viewers: { tenant_id: number; viewer_tenant_id: number };
  company_admins: { tenant_id: number; user_id: number };
  quota_recipients: { tenant_id: number; kind: string; user_id: number };
  stores: StoresTable;
  folders: FoldersTable;
  messages: MessagesTable;
  message_contents: {
    store_id: number;
    id: Buffer;
    tenant_id: number;
    properties: Buffer;
    mime: Buffer;
    parts: string;
  };
  blobs: {
    tenant_id: number;
    hash: Buffer;
    size: number;
    refs: Counter;
    stored: number;
    unreferenced_at: number | null;
  };
  changes: {
    store_id: number;
    seq: number;
    tenant_id: number;
    folder_id: number;
    kind: number;
    uid: number | null;
    message_id: Buffer | null;
    at: number;
    /** The synchronisation that the change came from. */
    sync_id: Optional<number | null>;
  };
  outgoing_queue: OutgoingTable;
  dkim_keys: {
    domain: string;
    tenant_id: number;
    selector: string;
    /** PEM, PKCS #8. */
    private_key: string;
    /** Base64 of the DER, as the DNS record carries it. */
    public_key: string;
    created_at: number;
  };
  api_keys: {
    id: Buffer;
    tenant_id: number;
    name: string;
    secret_hash: Buffer;
    scope: string;
    domain: string | null;
    created_at: number;
    expires_at: number;
    revoked_at: number | null;
  };
  audit_log: { id: Generated<number>; tenant_id: number; at: number; actor: string; action: string; object: string };
  /** Names of properties by tenant; tenant 0 is the system's own sessions. `kind`: 0 a number, 1 a text (MNID_ID, MNID_STRING). */
  named_properties: { tenant_id: number; id: number; guid: Buffer; kind: number; name: string };
  acls: {
    tenant_id: number;
    store_id: number;
    folder_id: number;
    kind: string;
    member_id: number;
    denied: number;
    rights: number;
  };
  receive_folders: { tenant_id: number; store_id: number; message_class: string; folder_id: number };
  search_results: { tenant_id: number; store_id: number; folder_id: number; message_id: Buffer };
  syncs: {
    id: Generated<number>;
    tenant_id: number;
    store_id: number;
    user_id: number;
    source_key: Buffer;
    change_type: number;
    change_id: number;
    used_at: number;
  };
  /** `kind` is `user` or `group`. `change_kind`: 1 new, 2 changed, 3 gone. */
  address_book_changes: {
    id: Generated<number>;
    tenant_id: number;
    kind: string;
    person_id: number;
    guid: Buffer;
    change_kind: number;
  };
  /** `folder_id` 0: of the server. `user_id` 0: of all who may see the folder. */
  annotations: {
    tenant_id: number;
    store_id: number;
    folder_id: number;
    user_id: number;
    name: string;
    value: Buffer;
  };
  /** Names of mailboxes that a user has subscribed to, whether they are there or not. `name_hash` is the SHA-256 of the name. */
  subscriptions: { tenant_id: number; user_id: number; name_hash: Buffer; name: string };
  listeners: { address: string; expires_at: number };
  soap_tasks: { id: number; address: string; expires_at: number; secret: Buffer | null };
  migrations: { number: number; name: string; applied_at: number };
}

export interface TenantsTable {
  id: Generated<number>;
  guid: Buffer;
  name: string;
  /** `active`, `suspended`, `deleting` or `removing`. */
  state: Guarded<string>;
  /** Raised to end the sessions of all its users. */
  session_version: GuardedOptional<number>;
  /** Limits that the tenant's administrators work inside; 0 is none. */
  max_domains: Counter;
  max_users: Counter;
  max_bytes: Counter;
  max_groups: Counter;
  max_hourly_messages: Counter;
  max_recipients: Counter;
  max_message_bytes: Counter;
  /** 1: the tenant's own warning level counts instead of the configured one. */
  quota_override: Counter;
  quota_warn: Counter;
  /** 1: these levels are the defaults of its users. */
  user_quota_override: Counter;
  user_quota_warn: Counter;
  user_quota_soft: Counter;
  user_quota_hard: Counter;
  /** When a tenant that is `deleting` may be removed. */
  delete_after: number | null;
  created_at: number;
}

export interface UsersTable {
  id: Generated<number>;
  tenant_id: number;
  guid: Buffer;
  login: Guarded<string>;
  full_name: string;
  email: string;
  password_hash: Guarded<string>;
  /** Keys of SCRAM-SHA-256 as `iterations:salt:stored key:server key`, base64. */
  scram: Optional<string | null>;
  active: Guarded<number>;
  /** `user`, `room` or `equipment`. */
  type: GuardedOptional<string>;
  /** 1: not shown in the address book. */
  hidden: Counter;
  /** 0 user, 1 administrator of the tenant, 2 of the system (manual 6.2.6). */
  admin_level: GuardedOptional<number>;
  features_on: Guarded<string>;
  features_off: Guarded<string>;
  /** Raised to end the user's sessions. */
  session_version: GuardedOptional<number>;
  /** 1: the three levels below count instead of the configured ones. */
  quota_override: number;
  quota_warn: number;
  quota_soft: number;
  quota_hard: number;
  created_at: number;
  /** The full name in small letters. */
  search_name: GeneratedAlways<string>;
}

export interface StoresTable {
  id: Generated<number>;
  tenant_id: number;
  /** Null for a public store. */
  user_id: number | null;
  /** `private` or `public`. */
  kind: ColumnType<string, string | undefined, string>;
  /** When it was marked for removal. */
  removed_at: ColumnType<number | null, number | null | undefined, number | null>;
  guid: Buffer;
  /** The last number of the change feed that was given out. */
  change_seq: Counter;
  /** Bytes of all messages that are not soft-deleted. */
  size: Counter;
  message_count: Counter;
  inbox_folder_id: number | null;
  /** The login of the store's last user, who has been deleted. */
  former_login: ColumnType<string | null, string | null | undefined, string | null>;
  locale: string;
  created_at: number;
  /** The user whose archive it is; `user_id` is set for private stores only. */
  archive_user_id: Optional<number | null>;
  /** What the store's own entry id ends with; null: its GUID. */
  record_guid: Optional<Buffer | null>;
  properties: Optional<Buffer | null>;
  modified_at: Counter;
  /** When its user logged on and off last; 0: never. */
  logon_at: Counter;
  logoff_at: Counter;
}

export interface FoldersTable {
  id: Generated<number>;
  tenant_id: number;
  store_id: number;
  parent_id: number | null;
  guid: Buffer;
  name: string;
  container_class: string;
  role: string | null;
  uid_validity: number;
  uid_next: Counter;
  highest_modseq: Counter;
  message_count: Counter;
  unseen_count: Counter;
  deleted_count: Counter;
  size: Counter;
  subscribed: number;
  created_at: number;
  /** 0 while the folder is live. */
  deleted_at: Counter;
  /** MAPI's folder type: 0 root, 1 generic, 2 search. */
  type: Counter;
  /** A property document: the properties without a column. */
  properties: Optional<Buffer | null>;
  /** The source key that a client gave; null: derived from the GUID. */
  source_key: Optional<Buffer | null>;
  associated_count: Counter;
  /** The number of its last change in the feed. */
  changed_seq: Counter;
  modified_at: Counter;
  /** When its contents were changed last. */
  committed_at: Counter;
  /** For a search folder: its criteria and its state. */
  search: Optional<Buffer | null>;
  /** The highest uid that an IMAP session has announced; null: all messages are older than this column. */
  recent_uid: Optional<number | null>;
  /** SHA-256 of the user and the name under which a folder with `subscribed` has come among the subscriptions; null: it has not. */
  subscribed_as: Optional<Buffer | null>;
}

export interface MessagesTable {
  folder_id: number;
  deleted: Counter;
  uid: number;
  store_id: number;
  tenant_id: number;
  id: Buffer;
  modseq: number;
  flags: number;
  keywords: string;
  received_at: number;
  /** PR_MESSAGE_DELIVERY_TIME; 0: it has none. */
  delivered_at: Counter;
  /** The uid of its arrival in the folder, which says where it stands in the order of arrival; a change gives it another `uid`. */
  arrival_uid: number;
  saved_at: number;
  sent_at: number | null;
  size: number;
  message_class: string;
  subject: string;
  sender_name: string;
  sender_address: string;
  display_to: string;
  importance: number;
  has_attachments: number;
  conversation_id: Buffer;
  imap_envelope: Buffer;
  imap_body_structure: Buffer;
  /** UTF-8; null: made on demand. */
  imap_preview: Optional<Buffer | null>;
  /** Fields that clients list, as they stand in the header; null: read from the message. */
  imap_header: Optional<Buffer | null>;
  /** The id that a message shares with its copies; null: its own id. */
  email_id: Optional<Buffer | null>;
  deleted_at: number | null;
  source_key: Optional<Buffer | null>;
  /** PR_MSG_STATUS. */
  status: Counter;
  modified_at: Counter;
  /** The number of the last change of more than its flags. */
  content_seq: Counter;
}

export interface OutgoingTable {
  tenant_id: number;
  store_id: number;
  /** The id of the message, which is in the Outbox. */
  id: Buffer;
  /** The sender of the envelope; empty for the null path. */
  sender: string;
  subject: string;
  /** JSON: each recipient of the envelope and what became of it. */
  recipients: string;
  size: number;
  submitted_at: number;
  expires_at: number;
  next_try_at: number;
  tries: Counter;
  /** When it was last enqueued for the spooler; null: not enqueued. */
  enqueued_at: number | null;
  /** Until when one spooler, which `claim` names, has the message to itself. */
  claimed_until: Counter;
  claim: Buffer | null;
  /** 1: set aside after the spooler failed on it again and again. */
  held: Counter;
  last_error: ColumnType<string, string | undefined, string>;
  /** The id of its bytes (`messages.email_id`, else its id) when they were checked; null: not checked. */
  bytes_id: ColumnType<Buffer | null, Buffer | null | undefined, Buffer | null>;
  /** The folder that it was submitted from; null: the Outbox. */
  folder_id: ColumnType<number | null, number | null | undefined, number | null>;
}
