import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

// Sample messages for tests, fuzzing and comparisons: our own, which every clone has, and those of other projects, which stand beside it.

export interface SampleMessage {
  /** File name with `.eml`. */
  name: string;
  bytes: Buffer;
}

const OWN = path.join(import.meta.dirname, '../test/fixtures/messages');

/** Messages that other projects wrote are no part of this repository. */
const FOREIGN = path.join(import.meta.dirname, '../../shared/corpus/mime');

/** The messages of a directory, by name. */
export const messagesIn = (directory: string): SampleMessage[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.eml'))
    .sort()
    .map((name) => ({ name, bytes: readFileSync(path.join(directory, name)) }));

/** Our own messages: what each shows, and what is to be read in it, the JSON files beside them say. */
export const ownMessages = (): SampleMessage[] => messagesIn(OWN);

/** The bytes of one of our own messages, by its name without `.eml`. */
export const ownMessage = (name: string): Buffer => readFileSync(path.join(OWN, `${name}.eml`));

/** Our own messages and, where they are there, those of other projects; prints one line where they are not. */
export function sampleMessages(): SampleMessage[] {
  if (existsSync(FOREIGN)) return [...ownMessages(), ...messagesIn(FOREIGN)];
  console.log('skipped: messages of other projects, as there is no ../shared/corpus/mime beside this repository');
  return ownMessages();
}
