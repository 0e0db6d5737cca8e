/** The purpose of a folder, which is independent of its name: a user may change that. */
export type FolderRole =
  | 'root'
  | 'subtree'
  /** A folder of public stores only. */
  | 'non-ipm-subtree'
  /** Folders of public stores: the parent of the folders in which servers publish free and busy times, and the folder of this server. */
  | 'free-busy'
  | 'local-free-busy'
  | 'common-views'
  | 'views'
  | 'finder'
  | 'shortcut'
  | 'schedule'
  | 'inbox'
  | 'outbox'
  | 'deleted'
  | 'sent'
  | 'contacts'
  | 'calendar'
  | 'drafts'
  | 'journal'
  | 'notes'
  | 'tasks'
  | 'junk'
  | 'rss'
  | 'conversation-actions'
  | 'quick-steps'
  | 'suggested-contacts'
  /** The mailbox with the special use \Archive (RFC 6154 §2), which a mail client makes; it is protected like the others. */
  | 'archive';

export interface DefaultFolder {
  role: FolderRole;
  /** PR_CONTAINER_CLASS. */
  containerClass: string;
}

/** Folders of a store's root beside IPM_SUBTREE, which mail clients do not show. Their names are not translated. */
export const HIDDEN_FOLDERS: readonly (DefaultFolder & { name: string })[] = [
  { role: 'common-views', name: 'IPM_COMMON_VIEWS', containerClass: '' },
  { role: 'views', name: 'IPM_VIEWS', containerClass: '' },
  { role: 'finder', name: 'FINDER_ROOT', containerClass: '' },
  { role: 'shortcut', name: 'Shortcut', containerClass: '' },
  { role: 'schedule', name: 'Schedule', containerClass: '' },
];

/** The folders of a new mailbox, in the order in which Kopano makes them. */
export const DEFAULT_FOLDERS: readonly DefaultFolder[] = [
  { role: 'inbox', containerClass: 'IPF.Note' },
  { role: 'outbox', containerClass: 'IPF.Note' },
  { role: 'deleted', containerClass: 'IPF.Note' },
  { role: 'sent', containerClass: 'IPF.Note' },
  { role: 'contacts', containerClass: 'IPF.Contact' },
  { role: 'calendar', containerClass: 'IPF.Appointment' },
  { role: 'drafts', containerClass: 'IPF.Note' },
  { role: 'journal', containerClass: 'IPF.Journal' },
  { role: 'notes', containerClass: 'IPF.StickyNote' },
  { role: 'tasks', containerClass: 'IPF.Task' },
  { role: 'junk', containerClass: 'IPF.Note' },
  { role: 'rss', containerClass: 'IPF.Note' },
  { role: 'conversation-actions', containerClass: 'IPF.Configuration' },
  { role: 'quick-steps', containerClass: 'IPF.Configuration' },
  { role: 'suggested-contacts', containerClass: 'IPF.Contact' },
];

type Names = Partial<Record<FolderRole, string>>;

const ENGLISH = {
  inbox: 'Inbox',
  outbox: 'Outbox',
  deleted: 'Deleted Items',
  sent: 'Sent Items',
  contacts: 'Contacts',
  calendar: 'Calendar',
  drafts: 'Drafts',
  journal: 'Journal',
  notes: 'Notes',
  tasks: 'Tasks',
  junk: 'Junk E-mail',
  rss: 'RSS Feeds',
  'conversation-actions': 'Conversation Action Settings',
  'quick-steps': 'Quick Step Settings',
  'suggested-contacts': 'Suggested Contacts',
} satisfies Names;

/** Names by language; what a language does not name is English. */
const NAMES: Record<string, Names> = {
  en: ENGLISH,
  nl: {
    inbox: 'Postvak IN',
    outbox: 'Postvak UIT',
    deleted: 'Verwijderde items',
    sent: 'Verzonden items',
    contacts: 'Contactpersonen',
    calendar: 'Agenda',
    drafts: 'Concepten',
    journal: 'Logboek',
    notes: 'Notities',
    tasks: 'Taken',
    junk: 'Ongewenste e-mail',
    rss: 'RSS-feeds',
    'suggested-contacts': 'Voorgestelde contactpersonen',
  },
  de: {
    inbox: 'Posteingang',
    outbox: 'Postausgang',
    deleted: 'Gelöschte Elemente',
    sent: 'Gesendete Elemente',
    contacts: 'Kontakte',
    calendar: 'Kalender',
    drafts: 'Entwürfe',
    journal: 'Journal',
    notes: 'Notizen',
    tasks: 'Aufgaben',
    junk: 'Junk-E-Mail',
    rss: 'RSS-Feeds',
    'suggested-contacts': 'Vorgeschlagene Kontakte',
  },
  fr: {
    inbox: 'Boîte de réception',
    outbox: 'Boîte d’envoi',
    deleted: 'Éléments supprimés',
    sent: 'Éléments envoyés',
    contacts: 'Contacts',
    calendar: 'Calendrier',
    drafts: 'Brouillons',
    journal: 'Journal',
    notes: 'Notes',
    tasks: 'Tâches',
    junk: 'Courrier indésirable',
    rss: 'Flux RSS',
    'suggested-contacts': 'Contacts suggérés',
  },
};

/** The languages in which folders can be named. */
export const FOLDER_LANGUAGES: readonly string[] = Object.keys(NAMES);

/** The name of a default folder by locale (`nl_NL.UTF-8`, `de`); English where the language is not known (manual 5.1.1). */
export function defaultFolderName(role: FolderRole, locale: string): string {
  const language = /^[a-z]+/i.exec(locale)?.[0].toLowerCase() ?? 'en';
  return NAMES[language]?.[role] ?? (ENGLISH as Names)[role] ?? role;
}
