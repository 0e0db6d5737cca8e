import { PamojaError } from '../mapi/error.ts';
import { isDuplicateKey } from './transaction.ts';

/** Makes a duplicate key a COLLISION with a message that says what is taken, and nothing of whose it is. */
export async function collisionIfTaken<T>(message: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isDuplicateKey(error)) throw new PamojaError('COLLISION', message, { cause: error });
    throw error;
  }
}
