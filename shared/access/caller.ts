import { standingOf, type UserEntry } from '../directory/entries/entries.ts';
import type { OpenAccount } from '../directory/login/account-watch.ts';
import { PamojaError } from '../mapi/error.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { TenantId, UserId } from '../store/engine/ids.ts';
import type { TenantScope } from '../store/stores/stores.ts';
import { administeredWith } from './may-administer.ts';

/** The caller's groups and tenants are read again when they are older than this. */
const MAX_AGE_MS = 4_000;

/** The user, or SYSTEM, that a session or a request acts for, with what that one may see and administer. */
export interface Caller {
  /** SYSTEM may do everything, in every tenant. */
  readonly system: boolean;
  /** For SYSTEM the only tenant of a server that has one, else 0. */
  readonly tenant: TenantId;
  readonly user: UserId;
  readonly guid: Buffer;
  readonly login: string;
  /** 0 user, 1 administrator of the tenant, 2 of the system (manual 6.2.6). */
  readonly adminLevel: number;
  /** Tenants whose stores and directory entries exist for the caller. */
  scope: TenantScope;
  /** Tenants that the caller administers. */
  administers: TenantScope;
  /** Ids of the groups that the user is in; 0 is Everyone. */
  groups: readonly number[];
  /** Accounts whose change ends the session: the caller's, and that of whoever acts for the caller. */
  readonly accounts: readonly OpenAccount[];
  /** When `scope`, `administers` and `groups` were read; milliseconds since 1970 (UTC). */
  readAt: number;
  /** The reading that is under way. */
  reading?: Promise<void> | undefined;
}

/** SYSTEM, on a server with one tenant as a caller of that tenant. */
export const systemCaller = (tenant: TenantId): Caller => ({
  system: true,
  tenant,
  user: 0 as UserId,
  guid: Buffer.alloc(16),
  login: 'SYSTEM',
  adminLevel: 2,
  scope: 'all',
  administers: 'all',
  groups: [0],
  accounts: [],
  readAt: 0,
});

/** Reads a user as a caller. `accounts` must have been read before. Throws NOT_FOUND. */
export async function callerOf(
  context: Pick<StoreContext, 'db' | 'options' | 'clock'>,
  { tenant, id }: Pick<UserEntry, 'tenant' | 'id'>,
  accounts: readonly OpenAccount[],
): Promise<Caller> {
  const { db, options, clock } = context;
  const readAt = clock();
  const { user, groups, ...tenants } = await standingOf(db, tenant, id);
  const administers = administeredWith(user, tenants.administers);
  const sees = options.enable_hosted_kopano ? tenants.sees : [user.tenant];
  return {
    system: false,
    tenant: user.tenant,
    user: user.id,
    guid: user.guid,
    login: user.name,
    adminLevel: user.adminLevel,
    scope: administers === 'all' ? 'all' : [...new Set([...sees, ...administers])],
    administers,
    groups,
    accounts,
    readAt,
  };
}

/**
 * Reads the caller's groups again, and which tenants see and administer each other, so that open sessions lose within seconds what was taken
 * away: a group, or the view of another tenant. Throws END_OF_SESSION for a user who was deleted.
 */
export async function refreshCaller(
  context: Pick<StoreContext, 'db' | 'options' | 'clock'>,
  caller: Caller,
): Promise<void> {
  if (caller.system || context.clock() - caller.readAt < MAX_AGE_MS) return;
  // Calls that come meanwhile wait, so that none goes on with old rights. After an error the next call reads again.
  caller.reading ??= readAgain(context, caller).finally(() => {
    caller.reading = undefined;
  });
  await caller.reading;
}

async function readAgain(context: Pick<StoreContext, 'db' | 'options' | 'clock'>, caller: Caller): Promise<void> {
  try {
    const { scope, administers, groups, readAt } = await callerOf(
      context,
      { tenant: caller.tenant, id: caller.user },
      caller.accounts,
    );
    Object.assign(caller, { scope, administers, groups, readAt });
  } catch (error) {
    if (PamojaError.is(error, 'NOT_FOUND')) throw new PamojaError('END_OF_SESSION', 'the user was deleted');
    throw error;
  }
}
