import { PamojaError } from '../../shared/mapi/error.ts';
import type { MapiStore } from '../../shared/store/stores/stores.ts';
import type { SoapSession } from './session.ts';

/** Locks that clients put on messages while somebody edits them; they go with their session. */
export class MessageLocks {
  private readonly locks = new Map<string, SoapSession>();

  /** Throws NO_ACCESS while another session has the lock. */
  set(session: SoapSession, store: MapiStore, message: Buffer, locked: boolean): void {
    const key = `${store.store} ${message.toString('hex')}`;
    const holder = this.locks.get(key);
    if (holder && holder !== session && !holder.ended)
      throw new PamojaError('NO_ACCESS', 'somebody else has locked the message');
    if (locked) this.locks.set(key, session);
    else this.locks.delete(key);
  }

  forget(session: SoapSession): void {
    for (const [key, holder] of this.locks) if (holder === session || holder.ended) this.locks.delete(key);
  }
}
