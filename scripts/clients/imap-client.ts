import { LineClient } from './line-client.ts';

/** A response with its literals: lines as text, literals as bytes in their places. */
export interface ImapResponse {
  text: string;
  literals: Buffer[];
}

/** A small IMAP client for tests and tools. */
export class ImapClient {
  readonly connection: LineClient;
  /** The tagged response of the last command. */
  tagged = '';
  private tags = 0;

  private constructor(connection: LineClient) {
    this.connection = connection;
  }

  static async open(port: number, login: string, password: string): Promise<ImapClient> {
    const client = new ImapClient(await LineClient.open(port, { tls: true }));
    await client.response();
    await client.command(`LOGIN "${login}" "${password}"`);
    return client;
  }

  /** Runs a command; gives its untagged responses. Throws for NO and BAD. */
  async command(text: string): Promise<ImapResponse[]> {
    const tag = `t${++this.tags}`;
    this.connection.write(`${tag} ${text}\r\n`);
    const untagged: ImapResponse[] = [];
    for (;;) {
      const response = await this.response();
      if (!response.text.startsWith(`${tag} `)) untagged.push(response);
      else {
        this.tagged = response.text.slice(tag.length + 1);
        if (this.tagged.startsWith('OK')) return untagged;
        throw new Error(`${text.slice(0, 60)}: ${response.text}`);
      }
    }
  }

  async response(): Promise<ImapResponse> {
    let text = await this.connection.line();
    const literals: Buffer[] = [];
    for (let literal = /\{(\d+)\}$/.exec(text); literal; literal = /\{(\d+)\}$/.exec(text)) {
      literals.push(Buffer.from(await this.connection.bytes(Number(literal[1]))));
      text = `${text.slice(0, literal.index)}<literal>${await this.connection.line()}`;
    }
    return { text, literals };
  }

  /** The bytes of every message of a mailbox, by uid. */
  async bodies(mailbox: string): Promise<Map<number, Buffer>> {
    await this.command(`EXAMINE "${mailbox}"`);
    const bodies = new Map<number, Buffer>();
    for (const { text, literals } of await this.command('UID FETCH 1:* (UID BODY.PEEK[])')) {
      const uid = /UID (\d+)/.exec(text)?.[1];
      if (uid && literals[0]) bodies.set(Number(uid), literals[0]);
    }
    return bodies;
  }

  close(): void {
    this.connection.close();
  }
}

/** The untagged responses of a command as text, their literals left out. */
export const texts = async (client: ImapClient, command: string): Promise<string[]> =>
  (await client.command(command)).map(({ text }) => Buffer.from(text, 'latin1').toString('utf8'));

/** Text as a literal that needs no answer from the server (RFC 7888). */
export const literal = (text: string): string => `{${Buffer.byteLength(text)}+}\r\n${text}`;
