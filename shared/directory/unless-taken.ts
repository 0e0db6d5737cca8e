import { KopanoError } from '../mapi/error.ts';
import { isDuplicateKey } from '../platform/transaction.ts';

/** Makes a duplicate key a COLLISION that says what is taken, and nothing of whose it is. */
export async function unlessTaken<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isDuplicateKey(error)) throw new KopanoError('COLLISION', `${what} is already taken`, { cause: error });
    throw error;
  }
}
