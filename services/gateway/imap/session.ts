import type { Socket } from 'node:net';
import type { StoreId } from '../../../shared/store/engine/ids.ts';
import type { MessageState } from '../../../shared/store/messages/message-list.ts';
import { ClientConnection, type ConnectionProtocol } from '../client-connection.ts';
import { LoginState } from '../login-state.ts';
import type { ResponseWriter } from '../response-writer.ts';
import { EnabledExtensions, type Extension } from './enabled-extensions.ts';
import type { ImapContext } from './imap-context.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';

/** RFC 3501 §5.4: at least 30 minutes once logged in. */
const AUTOLOGOUT_MS = 31 * 60_000;

const IMAP: ConnectionProtocol = { encoding: 'latin1', farewell: (text) => `* BYE ${text}` };

/** The states of RFC 3501 §3. */
export type SessionState = 'not-authenticated' | 'authenticated' | 'selected';

/** The notifications that a client has asked for between its commands (RFC 5465). */
export interface ChangeNotifications {
  /** The stores whose changes concern it. */
  readonly stores: ReadonlySet<StoreId>;
  /** Sends the changes since the last call. */
  send(): Promise<void>;
  /** Sends new messages of the selected mailbox, with the items that the client wants of them. */
  sendNewMessages(mailbox: SelectedMailbox, added: readonly MessageState[]): Promise<void>;
  stop(): void;
}

/** The state of one IMAP connection, in parts; each command takes the parts that it needs. */
export class ImapSession {
  readonly context: ImapContext;
  readonly connection: ClientConnection;
  readonly output: ResponseWriter;
  readonly login: LoginState;
  readonly extensions = new EnabledExtensions();
  mailbox: SelectedMailbox | undefined;
  notifications: ChangeNotifications | undefined;
  /** When the command that is running arrived, by performance.now: the state that it reads is no older. */
  commandAt = 0;

  constructor(socket: Socket, context: ImapContext, secure: boolean) {
    this.context = context;
    this.connection = new ClientConnection(socket, secure, IMAP);
    this.output = this.connection.output;
    this.login = new LoginState(context, this.connection, AUTOLOGOUT_MS);
  }

  get state(): SessionState {
    if (!this.login.isLoggedIn) return 'not-authenticated';
    return this.mailbox ? 'selected' : 'authenticated';
  }

  /** Enables an extension, and sends the response that enabling it requires. */
  enable(extension: Extension): void {
    const before = this.extensions.has('CONDSTORE');
    this.extensions.add(extension);
    // RFC 7162 §3.1: a client that enables CONDSTORE with a mailbox selected gets the mailbox's HIGHESTMODSEQ.
    if (!before && this.mailbox && this.extensions.has('CONDSTORE'))
      this.output.respond(`* OK [HIGHESTMODSEQ ${this.mailbox.highestModseq}] modification sequences are in use`);
  }
}
