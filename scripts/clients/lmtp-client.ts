import { LineClient } from './line-client.ts';

/** A small LMTP client for tests and tools. */
export class LmtpClient {
  readonly connection: LineClient;

  private constructor(connection: LineClient) {
    this.connection = connection;
  }

  static async open(port: number): Promise<LmtpClient> {
    const client = new LmtpClient(await LineClient.open(port));
    await client.reply();
    await client.command('LHLO test');
    return client;
  }

  async command(line: string): Promise<string> {
    this.connection.write(`${line}\r\n`);
    return this.reply();
  }

  /** The last line of the next reply. */
  async reply(): Promise<string> {
    for (;;) {
      const line = await this.connection.line();
      if (line[3] !== '-') return line;
    }
  }

  /** Sends one message; gives a reply for each recipient, whether it was refused at RCPT or after the content. */
  async send(recipients: readonly string[], message: Buffer): Promise<string[]> {
    await this.command('MAIL FROM:<sender@peer.test>');
    const replies = [];
    for (const recipient of recipients) replies.push(await this.command(`RCPT TO:<${recipient}>`));
    if (!replies.some((reply) => reply.startsWith('2'))) {
      await this.command('RSET');
      return replies;
    }
    this.connection.write(`BDAT ${message.length} LAST\r\n`);
    this.connection.write(message);
    for (const [i, reply] of replies.entries()) if (reply.startsWith('2')) replies[i] = await this.reply();
    return replies;
  }

  close(): void {
    this.connection.close();
  }
}
