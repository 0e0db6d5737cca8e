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
import { SERVER_VERSION } from './server-name.ts';
import type { Session } from './session.ts';

/** Opens a session for who has given a password, or is known to the transport as SYSTEM; for somebody else, where they may. */
export async function logon(
  context: ServerContext,
  request: Requests['logon'],
  peer: Peer,
): Promise<Responses['logon']> {
  // 32 bits could be guessed, and a client that cuts the id would be told that its session is over without ever knowing why.
  if ((request.ulCapabilities & LARGE_SESSION_ID) === 0)
    throw new PamojaError('INVALID_VERSION', 'the client cannot hold a session id of 64 bits');
  const caller = await authenticate(context, request, peer);
  const session = context.sessions.open({
    caller,
    groupId: request.ullSessionGroup,
    capabilities: request.ulCapabilities,
    transport: peer.transport,
  });
  // Whose account has changed logs on again; a call that waits is told so.
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

function describe(session: Session, request: Requests['logon'], peer: Peer): void {
  session.address = peer.address;
  session.client = (request.szClientApp ?? '').slice(0, 100);
  session.clientVersion = (request.szClientAppVersion ?? '').slice(0, 100);
  session.clientMisc = (request.szClientAppMisc ?? '').slice(0, 100);
}

/** Whether who the session acts for has given their own password for it. */
const gavePassword = (
  caller: Caller,
  { szPassword, szImpersonateUser }: Requests['logon'],
  { trusted }: Peer,
): boolean => !caller.system && !szImpersonateUser && !(trusted && !szPassword);

/** Single sign-on: there is none yet, and clients fall back to passwords when they are told so. */
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
    // Who may not act for somebody learns nothing of whether there is such a person.
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

/** Somebody who has no right that the caller lacks; the session lives by both accounts. Throws NOT_FOUND and NO_ACCESS. */
async function impersonatedBy(context: ServerContext, caller: Caller, name: string): Promise<Caller> {
  const { db } = context.store;
  const { user, account } = await asOfNow(context, await findUser(db, caller.administers, { name }));
  const administrator = { reaches: caller.administers, administers: caller.administers };
  if (!(await mayAdminister(db, administrator, user)))
    throw new PamojaError('NO_ACCESS', 'the user has more rights than you');
  return callerOf(context.store, user, [account, ...caller.accounts]);
}

async function person(context: ServerContext, request: Requests['logon'], peer: Peer, name: string): Promise<Caller> {
  // Who may be SYSTEM may be anybody: delivery agents and gateways act for users whose passwords they do not have.
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
  // Read after the version, which came with the password's hash.
  return callerOf(context.store, { tenant: account.tenant, id: account.user }, [{ ...account, store: undefined }]);
}

/** SYSTEM is who the transport says it is; a password makes nobody SYSTEM. */
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

/** A user as they are now, and the version that this was read after: a change since then ends the session, and is not missed. */
async function asOfNow(
  { store: { db } }: ServerContext,
  { tenant, id }: Pick<UserEntry, 'tenant' | 'id'>,
): Promise<{ user: UserEntry; account: OpenAccount }> {
  const account = await openAccountOf(db, id);
  if (!account) throw new PamojaError('NOT_FOUND', 'no such user');
  return { user: await findUser(db, [tenant], { id }), account };
}
