import { randomBytes } from 'node:crypto';
import { encodeEntryId } from '../../shared/mapi/entry-id.ts';
import type { Property } from '../../shared/mapi/property.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import { ImapClient } from '../clients/imap-client.ts';
import { LineClient } from '../clients/line-client.ts';
import { SoapClient } from '../clients/soap-client.ts';
import type { TemporaryStack } from '../local/temporary.ts';
import type { Attack, Target } from './attack.ts';

// A user tries to send in another's name, or more than one message in place of one.

const DOMAIN = 'forge.attack.test';
const ADMIN = `admin@${DOMAIN}`;
const BERT = `bert@${DOMAIN}`;

const made = new WeakMap<TemporaryStack, Promise<void>>();

/** The tenant that these attacks share: bert is the attacker, admin the user to impersonate. */
function tenant(stack: TemporaryStack): Promise<void> {
  const promise = made.get(stack) ?? stack.tenant(DOMAIN, ['admin', 'bert']);
  made.set(stack, promise);
  return promise;
}

/** Submits bytes as they are, by DATA or BDAT; gives the last reply to the content, and how many messages were taken. */
async function smtp(stack: TemporaryStack, content: string, command: 'DATA' | 'BDAT', from = BERT): Promise<string[]> {
  const client = await LineClient.open(stack.port('submission', 'submissions'), { tls: true });
  const reply = async (): Promise<string> => {
    for (;;) {
      const line = await client.line();
      if (line[3] !== '-') return line;
    }
  };
  const ask = (line: string) => {
    client.write(`${line}\r\n`);
    return reply();
  };
  try {
    await reply();
    await ask('EHLO attack.test');
    await ask(`AUTH PLAIN ${Buffer.from(`\0${BERT}\0pass`).toString('base64')}`);
    await ask(`MAIL FROM:<${from}>`);
    await ask('RCPT TO:<x@out.test>');
    const bytes = Buffer.from(content, 'latin1');
    const replies: string[] = [];
    if (command === 'DATA') {
      await ask('DATA');
      client.write(Buffer.concat([bytes, Buffer.from('\r\n.\r\n')]));
    } else client.write(Buffer.concat([Buffer.from(`BDAT ${bytes.length} LAST\r\n`), bytes]));
    // A smuggled message would be answered before this command.
    client.write('QUIT\r\n');
    for (;;) {
      const line = await reply();
      if (line.startsWith('221')) return replies;
      replies.push(line);
    }
  } finally {
    client.close();
  }
}

const refusedOverSmtp =
  (content: string, command: 'DATA' | 'BDAT' = 'DATA') =>
  async ({ stack }: Target): Promise<boolean> => {
    await tenant(stack);
    const replies = await smtp(stack, content, command);
    return replies.length === 1 && replies[0]?.startsWith('55') === true;
  };

interface Mailbox {
  soap: SoapClient;
  guid: Buffer;
  storeId: Buffer;
  folder(tag: number): Buffer;
}

async function mailbox({ stack }: Target, user: string): Promise<Mailbox> {
  await tenant(stack);
  const soap = await SoapClient.logon({ port: stack.port('store-server', 'soap') }, user, 'pass');
  const own = await soap.call('getStore', {});
  const { sSaveObject } = await soap.call('loadObject', { sEntryId: own.sStoreId });
  const value = (tag: number) => sSaveObject?.modProps?.find((property) => property.tag === tag)?.value as Buffer;
  return { soap, guid: own.guid ?? Buffer.alloc(0), storeId: own.sStoreId ?? Buffer.alloc(0), folder: value };
}

const object = { delProps: [], bDelete: false, ulClientId: 0, ulServerId: 0 };

/** Saves a message over SOAP and submits it; gives the code of submitMessage. */
async function submit(
  { soap, guid }: Pick<Mailbox, 'soap' | 'guid'>,
  folder: Buffer,
  properties: Property[],
  attachments: Property[][] = [],
): Promise<{ result: number; sEntryId: Buffer }> {
  const sEntryId = encodeEntryId({ store: guid, type: OBJECT.MESSAGE, guid: randomBytes(16) });
  const { er } = await soap.call('saveObject', {
    sParentEntryId: folder,
    sEntryId,
    lpsSaveObj: {
      ...object,
      ulObjType: OBJECT.MESSAGE,
      modProps: [
        { tag: PR.MESSAGE_CLASS, value: 'IPM.Note' },
        { tag: PR.SUBJECT, value: 'forged' },
        { tag: PR.BODY, value: 'text' },
        { tag: PR.MESSAGE_FLAGS, value: 9 },
        ...properties,
      ],
      item: [
        {
          ...object,
          ulObjType: OBJECT.MAIL_USER,
          modProps: [
            { tag: PR.DISPLAY_NAME, value: 'x' },
            { tag: PR.ADDRTYPE, value: 'SMTP' },
            { tag: PR.EMAIL_ADDRESS, value: 'x@out.test' },
            { tag: PR.RECIPIENT_TYPE, value: 1 },
            { tag: PR.ROWID, value: 0 },
          ],
        },
        ...attachments.map((modProps) => ({ ...object, ulObjType: OBJECT.ATTACHMENT, modProps })),
      ],
    },
  });
  if (er !== 0) throw new Error(`the message could not be saved: 0x${er?.toString(16)}`);
  const { result = 0 } = await soap.call('submitMessage', { sEntryId });
  return { result, sEntryId };
}

/** Whether bert's submission of a message with these properties is refused. */
const refusedOverSoap =
  (properties: Property[], attachments: Property[][] = []) =>
  async (target: Target): Promise<boolean> => {
    const bert = await mailbox(target, BERT);
    return (await submit(bert, bert.folder(PR.IPM_OUTBOX_ENTRYID), properties, attachments)).result !== 0;
  };

/** A client's own bytes, with all the properties that keep the server from composing the message anew. */
const raw = (mime: string): Property[] => [
  { tag: PR.SENT_REPRESENTING_NAME, value: 'Bert' },
  { tag: PR.SENT_REPRESENTING_EMAIL_ADDRESS, value: BERT },
  { tag: PR.SENT_REPRESENTING_ADDRTYPE, value: 'SMTP' },
  { tag: PR.CLIENT_SUBMIT_TIME, value: 133_000_000_000_000_000n },
  { tag: PR.MESSAGE_DELIVERY_TIME, value: 133_000_000_000_000_000n },
  { tag: PR.INTERNET_MESSAGE_ID, value: '<raw@attack.test>' },
  { tag: PR.EC_IMAP_EMAIL, value: Buffer.from(mime, 'latin1') },
];

/** Lines that an attacker's values try to begin. */
const INJECTED = '\r\nX-Injected: 1\r\n\r\ninjected';

async function injectsNothing(target: Target): Promise<boolean> {
  const bert = await mailbox(target, BERT);
  const values: Property[] = [
    { tag: PR.SUBJECT, value: `s${INJECTED}` },
    { tag: PR.SENT_REPRESENTING_NAME, value: `n${INJECTED}` },
    { tag: PR.SENT_REPRESENTING_ADDRTYPE, value: 'SMTP' },
    { tag: PR.SENT_REPRESENTING_EMAIL_ADDRESS, value: BERT },
    ...[
      PR.INTERNET_MESSAGE_ID,
      PR.IN_REPLY_TO_ID,
      PR.INTERNET_REFERENCES,
      PR.LIST_HELP,
      PR.LIST_SUBSCRIBE,
      PR.LIST_UNSUBSCRIBE,
      PR.CONVERSATION_TOPIC,
    ].map((tag) => ({ tag, value: `<v@x>${INJECTED}` })),
    { tag: PR.CONVERSATION_INDEX, value: Buffer.alloc(22) },
  ];
  const attachment: Property[] = [
    { tag: PR.ATTACH_METHOD, value: 1 },
    { tag: PR.ATTACH_LONG_FILENAME, value: `f${INJECTED}.txt` },
    { tag: PR.ATTACH_MIME_TAG, value: `text/plain${INJECTED}` },
    { tag: PR.ATTACH_CONTENT_ID, value: `c${INJECTED}` },
    { tag: PR.ATTACH_DATA_BIN, value: Buffer.from('data') },
  ];
  const { result } = await submit(bert, bert.folder(PR.IPM_OUTBOX_ENTRYID), values, [attachment]);
  const imap = await ImapClient.open(target.stack.port('gateway', 'imaps'), BERT, 'pass');
  const found = [...(await imap.bodies('Outbox')).values()].map(String);
  imap.close();
  return result === 0 && found.length > 0 && found.every((text) => !/[\r\n](X-Injected|injected)/.test(text));
}

/** A right on folders does not include sending as the owner. */
async function delegateIsNotOwner(target: Target): Promise<boolean> {
  const admin = await mailbox(target, ADMIN);
  const outbox = admin.folder(PR.IPM_OUTBOX_ENTRYID);
  const { soap } = await mailbox(target, BERT);
  const { sUserId = Buffer.alloc(0) } = await soap.call('resolveUsername', { lpszUsername: BERT });
  const right = { ulUserid: 0, sUserId, ulType: 2, ulRights: 0x7fb, ulState: 1 };
  await admin.soap.call('setRights', { sEntryId: outbox, lpsrightsArray: [right] });
  const named = await submit({ soap, guid: admin.guid }, outbox, [
    { tag: PR.SENT_REPRESENTING_EMAIL_ADDRESS, value: ADMIN },
    { tag: PR.SENT_REPRESENTING_ADDRTYPE, value: 'SMTP' },
  ]);
  // A message without a sender is from the user who submits it.
  const silent = await submit({ soap, guid: admin.guid }, outbox, []);
  const imap = await ImapClient.open(target.stack.port('gateway', 'imaps'), ADMIN, 'pass');
  const messages = [...(await imap.bodies('Outbox')).values()].map(String);
  imap.close();
  return named.result !== 0 && silent.result === 0 && messages.some((text) => /^From: .*bert@/m.test(text));
}

/** Mail is not lost, whichever folder it was submitted in. */
async function isSentFromAnywhere(target: Target): Promise<boolean> {
  const bert = await mailbox(target, BERT);
  const { result } = await submit(bert, bert.folder(PR.IPM_SENTMAIL_ENTRYID), [
    { tag: PR.SUBJECT, value: 'elsewhere' },
  ]);
  if (result !== 0) return true;
  for (let tries = 0; tries < 20; tries++) {
    const { ulTableId = 0 } = await bert.soap.call('tableOpen', {
      sEntryId: bert.storeId,
      ulTableType: 3,
      ulType: OBJECT.MESSAGE,
    });
    await bert.soap.call('tableSetColumns', { ulTableId, aPropTag: [PR.SUBJECT] });
    const { sRowSet = [] } = await bert.soap.call('tableQueryRows', { ulTableId, ulRowCount: 1000 });
    // No relay listens: submitted messages stay in the queue.
    if (!sRowSet.some((row) => row?.some(({ value }) => value === 'elsewhere'))) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return true;
}

const BODY = `To: x@out.test\r\n\r\ntext\r\n`;

export const attacks: readonly Attack[] = [
  ...(['DATA', 'BDAT'] as const).flatMap((command): Attack[] => [
    {
      name: `a second From after a bare CR is not sent (${command})`,
      run: refusedOverSmtp(`From: ${BERT}\r\nSubject: x\rFrom: ${ADMIN}\r\n${BODY}`, command),
    },
    {
      name: `a message with a bare LF is not sent (${command})`,
      run: refusedOverSmtp(`From: ${BERT}\r\nSubject: x\nFrom: ${ADMIN}\r\n${BODY}`, command),
    },
    {
      name: `a header that ends at two bare CRs is not sent (${command})`,
      run: refusedOverSmtp(`Subject: x\r\rFrom: ${BERT}\r\n${BODY}`, command),
    },
    ...['\n.\r\n', '\r.\r', '\n.\n', '\r\n.\n', '\r.\r\n', '\r\n\0.\r\n\n.\r\n'].map(
      (end): Attack => ({
        name: `no message is smuggled behind ${JSON.stringify(end)} (${command})`,
        run: refusedOverSmtp(
          `From: ${BERT}\r\n\r\ntext${end}MAIL FROM:<${ADMIN}>\r\nRCPT TO:<y@out.test>\r\n`,
          command,
        ),
      }),
    ),
  ]),
  ...[
    `From: ${BERT}\r\nSender: ${ADMIN}\r\n`,
    `From: ${BERT}\r\nFrom: ${ADMIN}\r\n`,
    `From: ${BERT}\r\nResent-From: ${ADMIN}\r\n`,
    `From: ${BERT},\r\n ${ADMIN}\r\n`,
    `From: us: ${BERT}, ${ADMIN};\r\n`,
    `From : ${ADMIN}\r\n`,
    `From: =?utf-8?q?admin?=@${DOMAIN}\r\n`,
    `From: <${BERT}> <${ADMIN}>\r\n`,
    `From: "${BERT} <${ADMIN}>\r\n`,
    `From: ${BERT}\r\nSubject: x\0From: ${ADMIN}\r\n`,
    'Subject: none\r\n',
  ].map(
    (header): Attack => ({
      name: `submission refuses ${JSON.stringify(header)}`,
      run: refusedOverSmtp(`${header}${BODY}`),
    }),
  ),
  ...[
    `From: ${ADMIN}\r\n`,
    `From: ${BERT}\r\nSender: ${ADMIN}\r\n`,
    `From: ${BERT}\r\nSubject: x\rFrom: ${ADMIN}\r\n`,
    `Subject: x\r\rFrom: ${BERT}\r\n`,
    `From: ${BERT}\nFrom: ${ADMIN}\n`,
    'Subject: none\r\n',
  ].map(
    (header): Attack => ({
      name: `a client's own MIME over SOAP is not sent with ${JSON.stringify(header)}`,
      run: refusedOverSoap(raw(`${header}${BODY}`)),
    }),
  ),
  {
    name: 'an address with a line end in its detail is no address of the user',
    run: refusedOverSoap([
      { tag: PR.SENT_REPRESENTING_EMAIL_ADDRESS, value: `bert+\r\nX-Injected: 1\r\n@${DOMAIN}` },
      { tag: PR.SENT_REPRESENTING_ADDRTYPE, value: 'SMTP' },
    ]),
  },
  {
    name: 'another sender in the properties is refused',
    run: refusedOverSoap([
      { tag: PR.SENT_REPRESENTING_EMAIL_ADDRESS, value: BERT },
      { tag: PR.SENT_REPRESENTING_ADDRTYPE, value: 'SMTP' },
      { tag: PR.SENDER_EMAIL_ADDRESS, value: ADMIN },
      { tag: PR.SENDER_ADDRTYPE, value: 'SMTP' },
    ]),
  },
  { name: 'no property value can begin a header line', run: injectsNothing },
  { name: 'the right to edit an Outbox does not permit sending as its owner', run: delegateIsNotOwner },
  { name: 'a message that is submitted outside the Outbox is sent, or refused', run: isSentFromAnywhere },
];
