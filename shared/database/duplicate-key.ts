import { KopanoError } from '../mapi/error.ts';
import { isDuplicateKey } from './transaction.ts';

/** Makes a duplicate key a COLLISION with a message that says what is taken, and nothing of whose it is. */
export async function unlessTaken<T>(message: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isDuplicateKey(error)) throw new KopanoError('COLLISION', message, { cause: error });
    throw error;
  }
}
