import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { startTemporaryStack, type TemporaryStack } from '../../scripts/local/temporary.ts';
import { playDialogue } from '../support/dialogue.ts';

// The examples of the RFCs, each with a user of its own, adapted where a server with other mail answers differently.

const FOLDER = 'test/conformance/dialogues/imap';
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.txt'));
const userOf = (file: string): string => file.replace('.txt', '').replaceAll(/\W/g, '');

let stack: TemporaryStack;

beforeAll(async () => {
  stack = await startTemporaryStack({ durable: false, options: { quota_hard: 10, imap_max_messagesize: '300K' } });
  await stack.tenant('rfc.test', ['fred', ...files.map(userOf)]);
});
afterAll(() => stack?.stop());

describe('examples of', () => {
  it.each(files)('%s', (file) => {
    const user = `${userOf(file)}@rfc.test`;
    return playDialogue(`${FOLDER}/${file}`, stack.port('gateway', 'imaps'), {
      tls: true,
      values: { user },
      opening: `open LOGIN ${user} pass`,
    });
  });
});
