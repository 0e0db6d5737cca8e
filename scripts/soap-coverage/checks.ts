import { addressBookChecks } from './address-book.ts';
import type { AllChecks } from './check.ts';
import { companyChecks } from './companies.ts';
import { folderChecks } from './folders.ts';
import { groupChecks } from './groups.ts';
import { messageChecks } from './messages.ts';
import { notificationChecks } from './notifications.ts';
import { quotaChecks } from './quota.ts';
import { serverChecks } from './server.ts';
import { storeChecks } from './stores.ts';
import { submissionChecks } from './submission.ts';
import { syncChecks } from './sync.ts';
import { tableChecks } from './tables.ts';
import { userChecks } from './users.ts';

/** The check of every operation, by group. */
export const CHECKS: AllChecks = {
  ...serverChecks,
  ...storeChecks,
  ...folderChecks,
  ...messageChecks,
  ...submissionChecks,
  ...notificationChecks,
  ...tableChecks,
  ...syncChecks,
  ...userChecks,
  ...groupChecks,
  ...companyChecks,
  ...addressBookChecks,
  ...quotaChecks,
};
