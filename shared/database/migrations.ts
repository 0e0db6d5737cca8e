import type { Migration } from './migration.ts';
import { foundation } from './migrations/0001-foundation.ts';
import { directory } from './migrations/0002-directory.ts';
import { outgoing } from './migrations/0003-outgoing.ts';
import { groups } from './migrations/0004-groups.ts';
import { mapi } from './migrations/0005-mapi.ts';
import { messageOrder } from './migrations/0006-message-order.ts';
import { logonTimes } from './migrations/0007-logon-times.ts';
import { addressBookChanges } from './migrations/0008-address-book-changes.ts';
import { emailIds } from './migrations/0009-email-ids.ts';
import { annotations } from './migrations/0010-annotations.ts';
import { listedHeaders } from './migrations/0011-listed-headers.ts';
import { readIndexes } from './migrations/0012-read-indexes.ts';
import { sessionVersions } from './migrations/0013-session-versions.ts';
import { domainClaims } from './migrations/0014-domain-claims.ts';
import { liveFolderNames } from './migrations/0015-live-folder-names.ts';
import { recentAndSubscriptions } from './migrations/0016-recent-and-subscriptions.ts';
import { submittedBytes } from './migrations/0017-submitted-bytes.ts';
import { taskSecret } from './migrations/0018-task-secret.ts';

/** All migrations, in the order in which they run. */
export const MIGRATIONS: readonly Migration[] = [
  foundation,
  directory,
  outgoing,
  groups,
  mapi,
  messageOrder,
  logonTimes,
  addressBookChanges,
  emailIds,
  annotations,
  listedHeaders,
  readIndexes,
  sessionVersions,
  domainClaims,
  liveFolderNames,
  recentAndSubscriptions,
  submittedBytes,
  taskSecret,
];
