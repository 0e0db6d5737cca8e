import type { ChangeListener } from '../../../shared/store/engine/change-listener.ts';
import type { FolderIndexes } from '../../../shared/store/messages/folder-index.ts';
import type { RecentContents } from '../../../shared/store/messages/recent-contents.ts';
import type { SearchColumns } from '../../../shared/store/messages/search-columns.ts';
import type { GatewayContext } from '../gateway-context.ts';

/** What every IMAP session needs; put together in main.ts. */
export interface ImapContext extends GatewayContext {
  listener: ChangeListener;
  indexes: FolderIndexes;
  columns: SearchColumns;
  contents: RecentContents;
}
