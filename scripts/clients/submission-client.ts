import SMTPConnection from 'nodemailer/lib/smtp-connection';

/** Sends mail as a user's program does: TLS, login, one message after another. */
export class SubmissionClient {
  private readonly smtp: SMTPConnection;

  private constructor(smtp: SMTPConnection) {
    this.smtp = smtp;
  }

  /** Connects to the TLS port and logs in. Throws when the login is refused, or when no server answers. */
  static async open(port: number, user: string, password: string): Promise<SubmissionClient> {
    const smtp = new SMTPConnection({
      host: '127.0.0.1',
      port,
      secure: true,
      tls: { rejectUnauthorized: false },
      name: 'client.test',
      socketTimeout: 90_000,
    });
    const lost = new Promise<never>((_, reject) => {
      smtp.once('error', reject);
      smtp.once('end', () => reject(new Error('the connection was lost')));
    });
    lost.catch(() => {
      // Every step races with it; between two steps its rejection must not count as unhandled.
    });
    smtp.on('error', () => {});
    const step = (begin: (done: (error?: Error | null) => void) => void) =>
      Promise.race([
        lost,
        new Promise<void>((resolve, reject) => begin((error) => (error ? reject(error) : resolve()))),
      ]);
    await step((done) => smtp.connect(done));
    await step((done) => smtp.login({ user, pass: password }, done));
    return new SubmissionClient(smtp);
  }

  /** The reply's code; undefined when the connection was lost, so that the outcome is unknown. */
  send(from: string, to: readonly string[], message: Buffer): Promise<number | undefined> {
    return new Promise((resolve) => {
      const lost = () => resolve(undefined);
      this.smtp.once('end', lost);
      this.smtp.send({ from, to: [...to] }, message, (error, info) => {
        this.smtp.off('end', lost);
        if (!error) resolve(Number((info as { response: string }).response.slice(0, 3)));
        else {
          const { responseCode } = error as { responseCode?: number };
          if (responseCode !== undefined) this.smtp.reset(() => resolve(responseCode));
          else resolve(undefined);
        }
      });
    });
  }

  close(): void {
    this.smtp.close();
  }
}
