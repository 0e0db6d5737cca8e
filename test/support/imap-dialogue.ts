import { LineClient } from '../../scripts/clients/line-client.ts';

/** An IMAP client of a test that has logged in: gives the response to a command line by line (a literal too). */
export class ImapDialogue {
  readonly connection: LineClient;
  private tags = 0;
  /** The tagged answer of the last command, without its tag. */
  tagged = '';

  private constructor(connection: LineClient) {
    this.connection = connection;
  }

  static async open(port: number, login: string, password = 'secret'): Promise<ImapDialogue> {
    const client = await ImapDialogue.connect(port);
    await client.run(`LOGIN "${login}" "${password}"`);
    return client;
  }

  static async connect(port: number): Promise<ImapDialogue> {
    const client = new ImapDialogue(await LineClient.open(port));
    await client.connection.line();
    return client;
  }

  /** Gives the untagged lines, whether the tagged response is OK or not. Characters are latin1. */
  async run(command: string): Promise<string[]> {
    const tag = `t${++this.tags}`;
    this.connection.write(Buffer.from(`${tag} ${command}\r\n`, 'latin1'));
    const lines: string[] = [];
    for (;;) {
      const line = await this.connection.line();
      if (line.startsWith(`${tag} `)) {
        this.tagged = line.slice(tag.length + 1);
        return lines;
      }
      lines.push(line);
    }
  }

  /** The next untagged line outside a command. */
  line(): Promise<string> {
    return this.connection.line();
  }

  close(): void {
    this.connection.close();
  }
}
