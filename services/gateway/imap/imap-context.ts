import type { ChangeListener } from '../../../shared/store/engine/change-listener.ts';
import type { ContentCache } from '../../../shared/store/messages/content-cache.ts';
import type { FolderIndexes } from '../../../shared/store/messages/folder-index.ts';
import type { SearchColumnCache } from '../../../shared/store/messages/search-column-cache.ts';
import type { GatewayContext } from '../gateway-context.ts';

/** The dependencies of every IMAP session; composed in compose.ts. */
export interface ImapContext extends GatewayContext {
  listener: ChangeListener;
  indexes: FolderIndexes;
  columns: SearchColumnCache;
  contents: ContentCache;
}
