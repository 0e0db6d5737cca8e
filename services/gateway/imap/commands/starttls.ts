import type { CommandHandler } from '../command.ts';

/** RFC 3501 §6.2.1: commands that were sent before TLS do not count after it, so a client that has pipelined some is disconnected. */
export const starttlsCommand: CommandHandler = async ({ connection, context, output }, args, { tag }) => {
  args.end();
  const { tls } = context;
  if (!tls || connection.isSecure) return output.respond(`${tag} BAD TLS is not available here`);
  if (connection.reader.buffer.length > 0) return connection.bye('no command may follow STARTTLS before TLS');
  await output.respondNow(`${tag} OK Begin TLS now`);
  connection.startTls(tls);
};
