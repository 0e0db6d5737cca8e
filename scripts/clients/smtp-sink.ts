import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A message that the sink has taken. */
export interface SunkMessage {
  sender: string;
  recipients: string[];
  bytes: Buffer;
  /** When the message arrived, by `performance.now()`. */
  at: number;
  secure: boolean;
  user: string | undefined;
}

export interface SmtpSink {
  port: number;
  messages: SunkMessage[];
  /** The reply to a recipient: undefined accepts, otherwise code and text. */
  answer: (recipient: string) => { code: number; text: string } | undefined;
  /** The same for whole messages. */
  answerMessage: (message: SunkMessage) => { code: number; text: string } | undefined;
  /** Milliseconds that a message takes before it is taken. */
  workMs: () => number;
  stop(): Promise<void>;
}

const refusal = ({ code, text }: { code: number; text: string }): Error =>
  Object.assign(new Error(text), { responseCode: code });

/** An SMTP server on a free loopback port that takes everything, unless it is told otherwise. Stands for the world behind a relay. */
export async function startSmtpSink(options: SMTPServerOptions = {}): Promise<SmtpSink> {
  const sink: SmtpSink = {
    port: 0,
    messages: [],
    answer: () => undefined,
    answerMessage: () => undefined,
    workMs: () => 0,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: options.key ? [] : ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    closeTimeout: 200,
    ...options,
    onRcptTo({ address }, _session, done) {
      const answer = sink.answer(address);
      done(answer && refusal(answer));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const message: SunkMessage = {
          sender: mailFrom ? mailFrom.address : '',
          recipients: rcptTo.map(({ address }) => address),
          bytes: Buffer.concat(chunks),
          at: performance.now(),
          secure: session.secure,
          user: session.user as string | undefined,
        };
        setTimeout(() => {
          const answer = sink.answerMessage(message);
          if (!answer) sink.messages.push({ ...message, at: performance.now() });
          done(answer && refusal(answer));
        }, sink.workMs());
      });
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  server.on('error', () => {});
  const address = server.server.address();
  sink.port = typeof address === 'object' && address ? address.port : 0;
  return sink;
}
