import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import { writeTnef } from '../../shared/mime/tnef-writer.ts';
import { ImapClient } from '../clients/imap-client.ts';
import { LmtpClient } from '../clients/lmtp-client.ts';
import { SoapClient } from '../clients/soap-client.ts';
import type { TemporaryStack } from '../local/temporary.ts';
import type { Attack, Target } from './attack.ts';

// Mails that take long to parse, so that the process serves no other client meanwhile.

const DOMAIN = 'slow.attack.test';
const VICTIM = `anna@${DOMAIN}`;

/** Milliseconds within which another client must be answered, on a busy machine. */
const ANSWER_MS = 5000;

const made = new WeakMap<TemporaryStack, Promise<void>>();

function tenant(stack: TemporaryStack): Promise<void> {
  const promise = made.get(stack) ?? stack.tenant(DOMAIN, ['anna']);
  made.set(stack, promise);
  return promise;
}

/** The longest time that another client waits for an answer while `work` goes on. */
async function longestWait(ask: () => Promise<unknown>, work: Promise<unknown>): Promise<number> {
  let longest = 0;
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  while (!done) {
    const began = performance.now();
    await ask();
    longest = Math.max(longest, performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await ended;
  return longest;
}

/** Delivers a mail and reads it in every way. Another client must be served meanwhile, and the mail must be stored byte for byte. */
const holdsUpNobody =
  (mail: () => Buffer) =>
  async ({ stack }: Target): Promise<boolean> => {
    await tenant(stack);
    const bytes = mail();
    const [lmtp, other] = await Promise.all([
      LmtpClient.open(stack.port('lmtp', 'lmtp')),
      LmtpClient.open(stack.port('lmtp', 'lmtp')),
    ]);
    const imap = await ImapClient.open(stack.port('gateway', 'imaps'), VICTIM, 'pass');
    const otherImap = await ImapClient.open(stack.port('gateway', 'imaps'), VICTIM, 'pass');
    const soap = await SoapClient.logon({ port: stack.port('store-server', 'soap') }, VICTIM, 'pass');
    const otherSoap = await SoapClient.logon({ port: stack.port('store-server', 'soap') }, VICTIM, 'pass');
    try {
      const waits = [await longestWait(() => other.command('NOOP'), lmtp.send([VICTIM], bytes))];
      waits.push(await longestWait(() => otherImap.command('NOOP'), readByImap(imap)));
      waits.push(await longestWait(() => otherSoap.call('getStore', {}), readBySoap(soap)));
      const kept = [...(await imap.bodies('INBOX')).values()].some((body) => body.equals(bytes));
      return kept && waits.every((ms) => ms < ANSWER_MS);
    } finally {
      for (const client of [lmtp, other, imap, otherImap]) client.close();
    }
  };

async function readByImap(imap: ImapClient): Promise<void> {
  await imap.command('EXAMINE INBOX');
  await imap.command('UID FETCH *:* (ENVELOPE BODYSTRUCTURE PREVIEW BODY.PEEK[HEADER.FIELDS (From Subject)])');
  for (const search of ['FROM "zzz"', 'SUBJECT "zzz"', 'TEXT "zzz"', 'SENTSINCE 1-Jan-2020'])
    await imap.command(`UID SEARCH ${search}`);
  for (const order of ['SORT (SUBJECT FROM DATE)', 'THREAD REFERENCES']) await imap.command(`UID ${order} UTF-8 ALL`);
}

async function readBySoap(soap: SoapClient): Promise<void> {
  const { sStoreId } = await soap.call('getStore', {});
  const { sReceiveFolder } = await soap.call('getReceiveFolder', { sStoreId, lpszMessageClass: 'IPM' });
  const { ulTableId = 0 } = await soap.call('tableOpen', {
    sEntryId: sReceiveFolder?.sEntryId,
    ulTableType: 1,
    ulType: OBJECT.MESSAGE,
  });
  await soap.call('tableSetColumns', { ulTableId, aPropTag: [PR.ENTRYID, PR.SUBJECT] });
  const { sRowSet } = await soap.call('tableQueryRows', { ulTableId, ulRowCount: 100 });
  const last = sRowSet?.at(-1)?.find(({ tag }) => tag === PR.ENTRYID)?.value;
  if (Buffer.isBuffer(last)) await soap.call('loadObject', { sEntryId: last });
  await soap.call('tableClose', { ulTableId });
}

const latin1 = (text: string) => (): Buffer => Buffer.from(text, 'latin1');

function nulTnef(): Buffer {
  const tnef = writeTnef({
    type: OBJECT.MESSAGE,
    id: 0,
    properties: new Map([
      [PR.MESSAGE_CLASS, 'IPM.Note'],
      [PR.SUBJECT, `${'\0'.repeat(400_000)}x`],
    ]),
    children: [],
  });
  return Buffer.from(
    `From: a@b.test\r\nContent-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n${tnef.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`,
  );
}

const LONG = 240_000;

/** In lines that no server refuses. */
const folded = (unit: string): string =>
  `${unit.repeat(Math.ceil(900 / unit.length))}\r\n `.repeat(Math.ceil(LONG / 900));

const header = (name: string, value: string) => latin1(`Message-ID: <m@x>\r\n${name}: ${value}x\r\n\r\ntext\r\n`);

export const attacks: readonly Attack[] = [
  { name: 'a TNEF text of NUL delays no other client', run: holdsUpNobody(nulTnef) },
  ...['From', 'To', 'Reply-To', 'Subject', 'Date', 'References', 'Content-Type', 'Content-Transfer-Encoding'].flatMap(
    (name) =>
      [' ', ' .', '(', '"', '<', 'a,', '=?utf-8?q?a?= ', 'a='].map(
        (unit): Attack => ({
          name: `a ${name} of many ${JSON.stringify(unit)} delays no other client`,
          run: holdsUpNobody(header(name, `a${folded(unit)}`)),
        }),
      ),
  ),
  {
    name: 'a prefix of a subject with many blanks delays no other client',
    run: holdsUpNobody(header('Subject', `re${folded(' ')}`)),
  },
  {
    name: 'a text that no character set has delays no other client',
    run: holdsUpNobody(latin1(`Content-Type: text/plain; charset=utf-8\r\n\r\n${'\xff'.repeat(LONG)}x`)),
  },
  {
    name: 'thousands of parts delay no other client',
    run: holdsUpNobody(
      latin1(
        `Content-Type: multipart/mixed; boundary=a\r\n\r\n${'--a\r\nContent-Type: image/png\r\n\r\n\r\n'.repeat(5000)}--a--\r\n`,
      ),
    ),
  },
  {
    name: 'HTML of open tags delays no other client',
    run: holdsUpNobody(latin1(`Content-Type: text/html\r\n\r\n${`${'<a '.repeat(300)}\r\n`.repeat(400)}`)),
  },
];
