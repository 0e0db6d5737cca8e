import { randomBytes } from 'node:crypto';
import { admit, logInWithToken, scramChallenge, takesTokens } from '../../../../shared/directory/login/login.ts';
import { PamojaError } from '../../../../shared/mapi/error.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import { type BearerResponse, readOAuthBearer, readPlain, readXOAuth2 } from '../../../../shared/protocol/sasl.ts';
import { checkClientFinal, readClientFirst, serverFirst } from '../../../../shared/protocol/scram.ts';
import type { CommandHandler } from '../command.ts';
import { readContinuationLine } from '../continuation-line.ts';
import { completeLogin, logInWithPassword, refusePlaintext } from '../password-login.ts';
import type { ImapSession } from '../session.ts';

/** A SASL mechanism; `initial` is the client's initial response, undefined where it has sent none. */
type Mechanism = (session: ImapSession, tag: string, initial: string | undefined) => Promise<void>;

/** RFC 3501 §6.2.2, with an initial response (RFC 4959) or without. */
export const authenticateCommand: CommandHandler = async (session, args, { tag }) => {
  const name = args.atom().toUpperCase();
  const initial = args.skip(' ') ? args.atom() : undefined;
  args.end();
  const mechanism = MECHANISMS[name];
  if (!mechanism) throw new PamojaError('INVALID_PARAMETER', `the mechanism ${name} is not offered`);
  if (!session.login.allowsPasswords) return refusePlaintext(session, tag);
  // RFC 4959 §3: a lone = is an empty response.
  await mechanism(session, tag, initial === '=' ? '' : initial);
};

/** RFC 4616 */
const plain: Mechanism = async (session, tag, initial) => {
  const answer = await response(session, initial);
  if (answer === undefined) return;
  const read = readPlain(answer);
  if (read.kind === 'malformed') throw new ImapSyntaxError('not a PLAIN response');
  if (read.kind === 'other-user') throw new PamojaError('LOGON_FAILED', 'acting for another user is not allowed');
  await logInWithPassword(session, tag, read.user, read.password);
};

/** The mechanism of old mail clients: a name and a password, one after the other (draft-murchison-sasl-login). */
const loginMechanism: Mechanism = async (session, tag, initial) => {
  const user = await response(session, initial, 'Username:');
  const password = user === undefined ? undefined : await response(session, undefined, 'Password:');
  if (user === undefined || password === undefined) return;
  await logInWithPassword(session, tag, user, password);
};

/** RFC 7677: the password itself is not sent. */
const scram: Mechanism = async (session, tag, initial) => {
  const sent = await response(session, initial);
  if (sent === undefined) return;
  const first = readClientFirst(sent);
  if (!first) throw new ImapSyntaxError('not a SCRAM message');
  const { connection, context } = session;
  const attempt = { user: first.user, from: connection.remoteAddress, program: 'imap' as const };
  const account = await admit(context, attempt, async (login) => {
    const challenge = await scramChallenge(context, login ?? first.user);
    if (!challenge) throw new PamojaError('INVALID_PARAMETER', 'the mechanism SCRAM-SHA-256 is not offered');
    const { keys } = challenge;
    const nonce = first.nonce + randomBytes(18).toString('base64');
    const answer = serverFirst(keys, nonce);
    const final = await response(session, undefined, answer);
    const signature = final === undefined ? undefined : checkClientFinal(keys, first, answer, nonce, final);
    if (signature === undefined) return undefined;
    const found = await challenge.account();
    if (!found) return undefined;
    // RFC 5802 §5: the server's signature, which the client answers with an empty response.
    await response(session, undefined, signature);
    return found;
  });
  completeLogin(session, tag, account);
};

/** RFC 7628, and XOAUTH2 before it: a token that an authenticator checks. */
const bearer =
  (read: (text: string) => BearerResponse | undefined): Mechanism =>
  async (session, tag, initial) => {
    if (!takesTokens(session.context))
      throw new PamojaError('INVALID_PARAMETER', 'bearer tokens are not accepted here');
    const sent = await response(session, initial);
    if (sent === undefined) return;
    const credentials = read(sent);
    if (!credentials) throw new ImapSyntaxError('not a response with a token');
    const { user, token } = credentials;
    const attempt = { user, from: session.connection.remoteAddress, program: 'imap' as const };
    try {
      completeLogin(session, tag, await logInWithToken(session.context, attempt, token));
    } catch (error) {
      // RFC 7628 §3.2.2: the error goes out as JSON, and the client acknowledges it.
      if (PamojaError.is(error, 'LOGON_FAILED'))
        await response(session, undefined, JSON.stringify({ status: 'invalid_token' }));
      throw error;
    }
  };

const MECHANISMS: Record<string, Mechanism> = {
  PLAIN: plain,
  LOGIN: loginMechanism,
  'SCRAM-SHA-256': scram,
  OAUTHBEARER: bearer(readOAuthBearer),
  XOAUTH2: bearer(readXOAuth2),
};

/** The client's next response, decoded: the initial one, or its answer to a challenge. Undefined: the client has gone. */
async function response(
  session: ImapSession,
  initial: string | undefined,
  challenge = '',
): Promise<string | undefined> {
  if (initial === undefined) await session.output.respondNow(`+ ${Buffer.from(challenge, 'utf8').toString('base64')}`);
  const answer = initial ?? (await readContinuationLine(session));
  if (answer === undefined) return undefined;
  // RFC 3501 §6.2.2: a lone * cancels.
  if (answer === '*') throw new ImapSyntaxError('cancelled');
  return Buffer.from(answer, 'base64').toString('utf8');
}
