import { type Caller, callerOf, systemCaller } from '../../shared/access/caller.ts';
import { mayAdminister } from '../../shared/access/may-administer.ts';
import { findUser, listTenantEntries, type UserEntry } from '../../shared/directory/entries/entries.ts';
import { type OpenAccount, openAccountOf } from '../../shared/directory/login/account-watch.ts';
import { logIn } from '../../shared/directory/login/login.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import type { Requests, Responses } from '../../shared/protocol/soap/interface.ts';
import type { TenantId } from '../../shared/store/engine/ids.ts';
import { LARGE_SESSION_ID, SERVER_CAPABILITIES } from './capabilities.ts';
import type { ServerContext } from './context.ts';
import { licenceAnswer } from './licence.ts';
import type { Peer } from './peer.ts';
import { SERVER_VERSION } from './server-identity.ts';
import type { SoapSession } from './session.ts';

/** Opens a session for a user with a password or for SYSTEM over a trusted transport; or for another user, whom the caller may impersonate. */
export async function logon(
  context: ServerContext,
  request: Requests['logon'],
  peer: Peer,
): Promise<Responses['logon']> {
  // An id of 32 bits could be guessed, and a client that cuts the id would only be answered that its session is over.
  if ((request.ulCapabilities & LARGE_SESSION_ID) === 0)
    throw new PamojaError('INVALID_VERSION', 'the client cannot hold a session id of 64 bits');
  const caller = await authenticate(context, request, peer);
  const session = context.sessions.open({
    caller,
    groupId: request.ullSessionGroup,
    capabilities: request.ulCapabilities,
    transport: peer.transport,
  });
  // A change of the account ends the session, also while a call waits for notifications; the client logs on again.
  for (const account of caller.accounts)
    session.addWatch(context.accounts.watch(account, () => context.sessions.close(session)));
  describe(session, request, peer);
  if (gavePassword(caller, request, peer)) session.passwordAt = context.store.clock();
  if (!caller.system) context.logonTimes.loggedOn(caller);
  const licence = licenceAnswer(request.sLicenseReq);
  return {
    er: 0,
    ulSessionId: session.id,
    lpszVersion: SERVER_VERSION,
    ulCapabilities: SERVER_CAPABILITIES,
    ...(licence ? { sLicenseResponse: licence } : {}),
    sServerGuid: context.serverGuid,
  };
}

function describe(session: SoapSession, request: Requests['logon'], peer: Peer): void {
  session.address = peer.address;
  session.client = (request.szClientApp ?? '').slice(0, 100);
  session.clientVersion = (request.szClientAppVersion ?? '').slice(0, 100);
  session.clientMisc = (request.szClientAppMisc ?? '').slice(0, 100);
}

/** Whether the session was opened with the password of the user that it acts for. */
const gavePassword = (
  caller: Caller,
  { szPassword, szImpersonateUser }: Requests['logon'],
  { trusted }: Peer,
): boolean => !caller.system && !szImpersonateUser && !(trusted && !szPassword);

/** Single sign-on is not supported yet; clients then fall back to passwords. */
export async function ssoLogon(context: ServerContext): Promise<Responses['ssoLogon']> {
  throw new PamojaError(
    context.ssoMethods.length === 0 ? 'NO_SUPPORT' : 'LOGON_FAILED',
    'no method of single sign-on is configured',
  );
}

async function authenticate(context: ServerContext, request: Requests['logon'], peer: Peer): Promise<Caller> {
  const user = request.szUsername ?? '';
  const impersonated = request.szImpersonateUser ?? '';
  const caller =
    user === 'SYSTEM' || (user === '' && peer.trusted)
      ? system(context, peer)
      : await person(context, request, peer, user);
  const first = await caller;
  if (impersonated === '' || impersonated === first.login) return first;
  const other = await impersonatedBy(context, first, impersonated).catch((error: unknown) => {
    // The answer is the same for an unknown user as for one whom the caller may not impersonate.
    if (!PamojaError.is(error, 'NOT_FOUND', 'NO_ACCESS')) throw error;
    context.log.info(
      { audit: true },
      `authenticate impersonate failed user='${impersonated}' impersonator='${first.login}'`,
    );
    throw new PamojaError('LOGON_FAILED', 'you may not act for that user');
  });
  context.log.info(
    { audit: true },
    `authenticate impersonate ok user='${other.login}' from='${peer.address}' program='${request.szClientApp ?? ''}' impersonator='${first.login}'`,
  );
  return other;
}

/**
 * The impersonated user, who may have no right that the caller lacks; a change of either account ends the session. Throws NOT_FOUND and
 * NO_ACCESS.
 */
async function impersonatedBy(context: ServerContext, caller: Caller, name: string): Promise<Caller> {
  const { db } = context.store;
  const { user, account } = await asOfNow(context, await findUser(db, caller.administers, { name }));
  const administrator = { reaches: caller.administers, administers: caller.administers };
  if (!(await mayAdminister(db, administrator, user)))
    throw new PamojaError('NO_ACCESS', 'the user has more rights than you');
  return callerOf(context.store, user, [account, ...caller.accounts]);
}

async function person(context: ServerContext, request: Requests['logon'], peer: Peer, name: string): Promise<Caller> {
  // A client that may be SYSTEM may act for any user: delivery agents and gateways do not have the users' passwords.
  if (peer.trusted && !request.szPassword) {
    const { user, account } = await findUser(context.store.db, 'all', { name })
      .then((found) => asOfNow(context, found))
      .catch((error: unknown) => {
        if (!PamojaError.is(error, 'NOT_FOUND')) throw error;
        throw new PamojaError('LOGON_FAILED', 'unknown user');
      });
    context.log.info(
      { audit: true },
      `authenticate ok user='${user.name}' from='${peer.address}' method='Pipe or certificate' program='soap'`,
    );
    return callerOf(context.store, user, [account]);
  }
  if (peer.transport === 'plain' && !peer.loopback && context.store.options.disable_plaintext_auth) {
    context.log.info(
      { audit: true },
      `authenticate refused user='${name}' from='${peer.address}' program='soap' reason='no TLS (disable_plaintext_auth)'`,
    );
    throw new PamojaError('NO_ACCESS', 'a password is taken over TLS only');
  }
  const account = await logIn(context, {
    user: name,
    password: request.szPassword ?? '',
    from: peer.address,
    program: 'soap',
  });
  // The user is read after the version, which was read together with the password's hash: no change in between is missed.
  return callerOf(context.store, { tenant: account.tenant, id: account.user }, [{ ...account, store: undefined }]);
}

/** Only a trusted transport makes a client SYSTEM; no password does. */
async function system(context: ServerContext, peer: Peer): Promise<Caller> {
  if (!peer.trusted) {
    context.log.info({ audit: true }, `authenticate failed user='SYSTEM' from='${peer.address}' program='soap'`);
    throw new PamojaError('LOGON_FAILED', 'unknown user or wrong password');
  }
  context.log.info(
    { audit: true },
    `authenticate ok user='SYSTEM' from='${peer.address}' method='Pipe or certificate' program='soap'`,
  );
  return systemCaller(context.store.options.enable_hosted_kopano ? (0 as TenantId) : await onlyTenant(context));
}

async function onlyTenant({ store }: ServerContext): Promise<TenantId> {
  const [company] = await listTenantEntries(store.db, 'all');
  if (!company) throw new PamojaError('NOT_INITIALIZED', 'the server has no company yet');
  return company.tenant;
}

/** Reads a user after the version of the account, so that every later change ends the session. */
async function asOfNow(
  { store: { db } }: ServerContext,
  { tenant, id }: Pick<UserEntry, 'tenant' | 'id'>,
): Promise<{ user: UserEntry; account: OpenAccount }> {
  const account = await openAccountOf(db, id);
  if (!account) throw new PamojaError('NOT_FOUND', 'no such user');
  return { user: await findUser(db, [tenant], { id }), account };
}
