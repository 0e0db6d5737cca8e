import { PamojaError } from '../mapi/error.ts';
import { isDuplicateKey } from './transaction.ts';

/** Turns a duplicate key into COLLISION with a message that says what is taken, and not by whom. */
export async function collisionIfTaken<T>(message: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isDuplicateKey(error)) throw new PamojaError('COLLISION', message, { cause: error });
    throw error;
  }
}
