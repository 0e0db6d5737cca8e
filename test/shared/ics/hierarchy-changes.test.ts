import { beforeEach, describe, expect, it, vi } from 'vitest';
import { systemCaller } from '../../../shared/access/caller.ts';
import { hierarchyChanges } from '../../../shared/ics/hierarchy-changes.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { ICS } from '../../../shared/mapi/sync-flags.ts';
import { CHANGE } from '../../../shared/store/engine/changes.ts';
import type { StoreContext } from '../../../shared/store/engine/context.ts';
import type { TenantId } from '../../../shared/store/engine/ids.ts';
import type { Folder } from '../../../shared/store/folders/folder.ts';
import type { MapiStore } from '../../../shared/store/stores/stores.ts';

const mocks = vi.hoisted(() => ({ folderById: vi.fn(), folderChangesAfter: vi.fn() }));
vi.mock('../../../shared/store/folders/folder.ts', async (original) => ({
  ...(await original<object>()),
  folderById: mocks.folderById,
}));
vi.mock('../../../shared/store/engine/changes.ts', async (original) => ({
  ...(await original<object>()),
  folderChangesAfter: mocks.folderChangesAfter,
}));

const folder = (id: number, parent: number | null): Folder =>
  ({ id, parent, guid: Buffer.alloc(16, id), sourceKey: Buffer.alloc(22, id), changedSeq: id }) as unknown as Folder;
const root = folder(1, null);
const child = folder(2, 1);
const deleted = folder(3, 1);

const caller = systemCaller(1 as TenantId);
const context = { db: undefined, clock: () => 0 } as unknown as StoreContext;
const store = { tenant: 1, store: 7 } as unknown as MapiStore;
const changesAfter = (after: number, syncId = 0) =>
  hierarchyChanges(context, caller, { store, folders: [root, child], top: root }, { after, syncId });
const entry = (id: number, kind: number, seq: number, syncId = 0) => ({ folder: id, kind, seq, syncId, message: null });

beforeEach(() => {
  mocks.folderById.mockReset();
  mocks.folderChangesAfter.mockReset().mockResolvedValue([entry(3, CHANGE.FOLDER_GONE, 12)]);
});

describe('a client that synchronises folders', () => {
  it('gets all folders at first', async () => {
    expect(await changesAfter(0)).toMatchObject([{ type: ICS.FOLDER_NEW, changeId: 2 }]);
  });

  it('gets the deletion of a folder', async () => {
    mocks.folderById.mockResolvedValueOnce(deleted);
    expect(await changesAfter(10)).toMatchObject([{ type: ICS.FOLDER_SOFT_DELETE, changeId: 12 }]);
  });

  it('does not get the deletion of a folder that has been purged', async () => {
    mocks.folderById.mockRejectedValueOnce(new PamojaError('NOT_FOUND', 'no such folder'));
    expect(await changesAfter(10)).toEqual([]);
  });

  it('gets an error where a deleted folder cannot be read, so that it asks for the same changes again', async () => {
    mocks.folderById.mockRejectedValueOnce(new PamojaError('DATABASE_ERROR', 'the connection was lost'));
    await expect(changesAfter(10)).rejects.toMatchObject({ code: 'DATABASE_ERROR' });
  });

  it('does not get the changes of its own synchronisation', async () => {
    mocks.folderChangesAfter.mockResolvedValueOnce([
      entry(2, CHANGE.FOLDER_CHANGED, 11, 5),
      entry(1, CHANGE.FOLDER_CHANGED, 12, 6),
    ]);
    expect(await changesAfter(10, 5)).toEqual([]);
  });
});
