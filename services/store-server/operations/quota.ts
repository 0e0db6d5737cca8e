import { requestedId, SYSTEM_ID } from '../../../shared/address-book/address-book-ids.ts';
import { inTransaction } from '../../../shared/database/transaction.ts';
import { findUser, quotaOfUser } from '../../../shared/directory/entries/entries.ts';
import { updateUser } from '../../../shared/directory/entries/users.ts';
import {
  addQuotaRecipient,
  getTenantQuota,
  listQuotaRecipients,
  removeQuotaRecipient,
  setTenantQuota,
} from '../../../shared/directory/quota/tenant-quota.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import type { Requests, User } from '../../../shared/protocol/soap/interface.ts';
import type { TenantId, UserId } from '../../../shared/store/engine/ids.ts';
import { publicStoreOf, storeOfUser } from '../../../shared/store/stores/stores.ts';
import { requireAdministers, requireAdministersUser } from '../administrators.ts';
import { requestedEntry, requestedTenant, requestedUser } from '../requested-entries.ts';
import { OBJECT_CLASS, wireUser } from '../wire-entries.ts';
import type { Call, Operations } from './operation.ts';

const STATUS = { OK: 0, WARN: 1, SOFT: 2, HARD: 3 };

export const quotaOperations: Operations<
  'GetQuota' | 'SetQuota' | 'AddQuotaRecipient' | 'DeleteQuotaRecipient' | 'GetQuotaRecipients' | 'GetQuotaStatus'
> = {
  async GetQuota(call, { ulUserid, sUserId, bGetUserDefault }) {
    const { store } = call.context;
    const { options } = store;
    const person = await requestedEntry(call, requestedId(ulUserid, sUserId), sUserId);
    if (person.kind === 'user') {
      mayLook(call, person.tenant, person.id);
      const { levels, own } = await quotaOfUser(store.db, options, person.tenant, person.id);
      return { sQuota: wireQuota(levels, !own, false), er: 0 };
    }
    requireAdministers(call, person.tenant);
    const { warn, users } = await getTenantQuota(store.db, person.tenant);
    const configured = { warn: options.quota_warn, soft: options.quota_soft, hard: options.quota_hard };
    if (bGetUserDefault) return { sQuota: wireQuota(users ?? configured, users === undefined, true), er: 0 };
    const levels = { warn: warn ?? options.companyquota_warn, soft: 0, hard: 0 };
    return { sQuota: wireQuota(levels, warn === undefined, false), er: 0 };
  },

  async SetQuota(call, { ulUserid, sUserId, lpsQuota }) {
    if (!lpsQuota) throw new PamojaError('INVALID_PARAMETER', 'no quota was given');
    const { store } = call.context;
    const person = await requestedEntry(call, requestedId(ulUserid, sUserId), sUserId);
    requireAdministers(call, person.tenant);
    const { llWarnSize, llSoftSize, llHardSize, bUseDefaultQuota, bIsUserDefaultQuota } = lpsQuota;
    const sizes = [llWarnSize, llSoftSize, llHardSize].map(Number);
    if (sizes.some((size) => size < 0)) throw new PamojaError('INVALID_PARAMETER', 'a quota is not below zero');
    const [warn = 0, soft = 0, hard = 0] = sizes;
    const levels = bUseDefaultQuota ? null : { warn, soft, hard };
    await inTransaction(store.db, async (tx) => {
      if (person.kind === 'user') {
        await requireAdministersUser(call, tx, person);
        await updateUser(tx, store, person.tenant, person.name, { quota: levels });
      } else {
        const change = bIsUserDefaultQuota ? { users: levels } : { warn: levels === null ? null : warn };
        await setTenantQuota(tx, person.tenant, change);
      }
    });
    return { result: 0 };
  },

  async AddQuotaRecipient(call, request) {
    const { tenant, login, kind } = await recipient(call, request);
    await inTransaction(call.context.store.db, (tx) => addQuotaRecipient(tx, tenant, kind, login));
    return { result: 0 };
  },

  async DeleteQuotaRecipient(call, request) {
    const { tenant, login, kind } = await recipient(call, request);
    await inTransaction(call.context.store.db, (tx) => removeQuotaRecipient(tx, tenant, kind, login));
    return { result: 0 };
  },

  async GetQuotaRecipients(call, { ulUserid, sUserId }) {
    const person = await requestedEntry(call, requestedId(ulUserid, sUserId), sUserId);
    requireAdministers(call, person.tenant);
    const { db } = call.context.store;
    const logins = await listQuotaRecipients(db, person.tenant, person.kind === 'company' ? 'company' : 'user');
    const names = person.kind === 'user' ? [person.name, ...logins.filter((login) => login !== person.name)] : logins;
    const sUserArray: User[] = [];
    for (const name of names) sUserArray.push(wireUser(call, await findUser(db, [person.tenant], { name })));
    return { sUserArray, er: 0 };
  },

  async GetQuotaStatus(call, { ulUserid, sUserId }) {
    const { store } = call.context;
    const number = requestedId(ulUserid, sUserId);
    if (number === SYSTEM_ID) return { llStoreSize: 0n, ulQuotaStatus: STATUS.OK, er: 0 };
    const person = await requestedEntry(call, number, sUserId);
    if (person.kind !== 'user') {
      requireAdministers(call, person.tenant);
      const shared = await publicStoreOf(store.db, person.tenant);
      return { llStoreSize: BigInt(shared?.size ?? 0), ulQuotaStatus: STATUS.OK, er: 0 };
    }
    mayLook(call, person.tenant, person.id);
    const { levels } = await quotaOfUser(store.db, store.options, person.tenant, person.id);
    const size = (await storeOfUser(store.db, person.tenant, person.id))?.size ?? 0;
    const over = (level: number) => level > 0 && size >= level;
    const status = over(levels.hard)
      ? STATUS.HARD
      : over(levels.soft)
        ? STATUS.SOFT
        : over(levels.warn)
          ? STATUS.WARN
          : STATUS.OK;
    return { llStoreSize: BigInt(size), ulQuotaStatus: status, er: 0 };
  },
};

/** Every user may see their own quota. */
function mayLook(call: Call, tenant: TenantId, user: UserId): void {
  const { caller } = call.session;
  if (caller.user !== user || caller.tenant !== tenant) requireAdministers(call, tenant);
}

const wireQuota = (levels: { warn: number; soft: number; hard: number }, useDefault: boolean, isDefault: boolean) => ({
  bUseDefaultQuota: useDefault,
  bIsUserDefaultQuota: isDefault,
  llWarnSize: BigInt(levels.warn),
  llSoftSize: BigInt(levels.soft),
  llHardSize: BigInt(levels.hard),
});

async function recipient(
  call: Call,
  { ulCompanyid, sCompanyId, ulRecipientId, sRecipientId, ulType }: Requests['AddQuotaRecipient'],
): Promise<{ tenant: TenantId; login: string; kind: 'user' | 'company' }> {
  const tenant = await requestedTenant(call, ulCompanyid, sCompanyId);
  requireAdministers(call, tenant);
  const person = await requestedUser(call, ulRecipientId, sRecipientId);
  if (person.tenant !== tenant) throw new PamojaError('NOT_FOUND', 'no such user in the company');
  return { tenant, login: person.name, kind: ulType === OBJECT_CLASS.user ? 'user' : 'company' };
}
