import { LineClient } from '../../scripts/clients/line-client.ts';

interface Entry {
  uid: number | undefined;
  /** Without \Recent, which is each session's own. */
  flags: string | undefined;
  recent: boolean;
}

/**
 * An IMAP client that knows its mailbox only from the server's responses, and trusts them: how many messages there are, which one has gone,
 * what each is marked with. What cannot be true is an error.
 */
export class ImapView {
  /** In the order of the message numbers. */
  entries: Entry[] = [];
  private readonly connection: LineClient;
  private tags = 0;

  private constructor(connection: LineClient) {
    this.connection = connection;
  }

  static async open(port: number, login: string, password: string, ...first: string[]): Promise<ImapView> {
    const view = new ImapView(await LineClient.open(port));
    await view.connection.line();
    await view.run(`LOGIN "${login}" "${password}"`);
    for (const command of first) await view.run(command);
    await view.run('SELECT INBOX');
    return view;
  }

  /** Runs a command and applies its responses to the view; gives the untagged ones. Throws for NO and BAD. */
  async run(command: string): Promise<string[]> {
    const tag = `a${++this.tags}`;
    // After .SILENT the view does not know the flags.
    const [, from = '', to = ''] = /^STORE (\d+):(\d+) .*\.SILENT/.exec(command) ?? [];
    const [first = 0, last = 0] = [Number(from), Number(to)].sort((a, b) => a - b);
    for (const entry of this.entries.slice(Math.max(first - 1, 0), last)) entry.flags = undefined;
    this.connection.write(`${tag} ${command}\r\n`);
    const answers: string[] = [];
    for (;;) {
      const line = await this.connection.line();
      if (line.startsWith(`${tag} `)) {
        if (line.startsWith(`${tag} OK`)) return answers;
        throw new Error(`${command}: ${line}`);
      }
      answers.push(line);
      this.believe(line, command);
    }
  }

  close(): void {
    this.connection.close();
  }

  private believe(line: string, command: string): void {
    const [, number = '', what = '', rest = ''] = /^\* (\d+) (EXISTS|EXPUNGE|FETCH) ?(.*)$/.exec(line) ?? [];
    const n = Number(number);
    if (what === 'EXISTS') {
      if (n < this.entries.length) throw new Error(`${command}: ${line}, but there were ${this.entries.length}`);
      while (this.entries.length < n) this.entries.push({ uid: undefined, flags: undefined, recent: false });
    } else if (what === 'EXPUNGE') {
      // RFC 3501 §7.4.1
      if (/^(?:FETCH|STORE|SEARCH)/.test(command)) throw new Error(`${command}: ${line} in the middle of it`);
      if (n < 1 || n > this.entries.length) throw new Error(`${command}: ${line} of ${this.entries.length}`);
      this.entries.splice(n - 1, 1);
    } else if (what === 'FETCH') this.learn(n, rest, `${command}: ${line}`);
    const vanished = /^\* VANISHED ([\d:,]+)$/.exec(line)?.[1];
    if (vanished) this.forget(vanished);
  }

  private learn(number: number, items: string, where: string): void {
    const entry = this.entries[number - 1];
    if (!entry) throw new Error(`${where}, of ${this.entries.length}`);
    const uid = /UID (\d+)/.exec(items)?.[1];
    if (uid && entry.uid !== undefined && entry.uid !== Number(uid))
      throw new Error(`${where}: it was uid ${entry.uid}`);
    if (uid) entry.uid = Number(uid);
    const flags = /FLAGS \(([^)]*)\)/.exec(items)?.[1];
    if (flags === undefined) return;
    const names = flags.split(' ').filter((flag) => flag !== '');
    entry.recent = names.includes('\\Recent');
    entry.flags = names
      .filter((name) => name !== '\\Recent')
      .sort()
      .join(' ');
  }

  /** A message whose uid was never sent has one between the uids of its neighbours. */
  private forget(set: string): void {
    for (const range of set.split(',')) {
      const [from = 0, to = from] = range.split(':').map(Number);
      for (let uid = from; uid <= to; uid++) {
        const known = this.entries.findIndex((entry) => entry.uid === uid);
        const after = this.entries.findIndex((entry) => entry.uid !== undefined && entry.uid > uid);
        const end = after < 0 ? this.entries.length : after;
        const index = known >= 0 ? known : end - 1;
        if (known < 0 && this.entries[index]?.uid !== undefined)
          throw new Error(`VANISHED ${uid}: there is no such message`);
        this.entries.splice(index, 1);
      }
    }
  }
}
