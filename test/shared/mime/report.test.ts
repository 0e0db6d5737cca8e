import { describe, expect, it } from 'vitest';
import { toFileTime } from '../../../shared/mapi/filetime.ts';
import type { PropertyBag } from '../../../shared/mapi/property.ts';
import { type MapiObject, OBJECT } from '../../../shared/mapi/property-document.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import { composeMessage } from '../../../shared/mime/compose.ts';
import { reportProperties } from '../../../shared/mime/report.ts';
import { scanMessage } from '../../../shared/mime/scanner.ts';

const of = (text: string): Promise<PropertyBag> => {
  const bytes = Buffer.from(text.replaceAll('\n', '\r\n'));
  return reportProperties(scanMessage(bytes), async ({ start, end }) => bytes.subarray(start, end));
};

const report = (type: string, status: string, original = '') =>
  of(`From: MAILER-DAEMON@peer.test
Date: Thu, 7 Jul 1994 17:16:05 -0400
MIME-Version: 1.0
Content-Type: multipart/report; report-type=${type}; boundary="RAA14128.773615765"

--RAA14128.773615765

for people
--RAA14128.773615765
content-type: message/${type}

${status}
--RAA14128.773615765
${original}
--RAA14128.773615765--
`);

describe('a report of delivery (RFC 3464)', () => {
  // Appendix E.1 and E.2
  const FAILED = `Reporting-MTA: dns; cs.utk.edu

Original-Recipient: rfc822;louisl@larry.slip.umd.edu
Final-Recipient: rfc822;louisl@larry.slip.umd.edu
Action: failed
Status: 4.0.0
Diagnostic-Code: smtp; 426 connection timed out
Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400`;
  const RELAYED = `Reporting-MTA: dns; cs.utk.edu

Final-Recipient: rfc822; arathib@vnet.ibm.com
Action: relayed
Status: 2.0.0`;

  it('names the message, the recipients and the reasons', async () => {
    const bag = await report(
      'delivery-status',
      FAILED,
      'content-type: message/rfc822\n\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\nDate: Thu, 7 Jul 1994 10:00:00 +0000\nMessage-ID: <1@cs.utk.edu>\n\ntext',
    );
    expect(bag.get(PR.MESSAGE_CLASS)).toBe('REPORT.IPM.Note.NDR');
    expect(bag.get(PR.REPORT_TEXT)).toBe('louisl@larry.slip.umd.edu 4.0.0 426 connection timed out');
    expect(bag.get(PR.REPORT_TIME)).toBe(toFileTime(Date.UTC(1994, 6, 7, 21, 15, 49)));
    expect(bag.get(PR.ORIGINAL_SUBJECT)).toBe('grüße');
    expect(bag.get(PR.ORIGINAL_MESSAGE_ID)).toBe('<1@cs.utk.edu>');
    expect(bag.get(PR.ORIGINAL_SUBMIT_TIME)).toBe(toFileTime(Date.UTC(1994, 6, 7, 10)));
  });

  it('tells good news, news of a delay, and the worst of several', async () => {
    const classOf = async (status: string) => (await report('delivery-status', status)).get(PR.MESSAGE_CLASS);
    expect(await classOf(RELAYED)).toBe('REPORT.IPM.Note.DR');
    expect(await classOf(FAILED.replace('failed', 'delayed'))).toBe('REPORT.IPM.Note.Delayed');
    expect(await classOf(`${RELAYED}\n${FAILED.slice(FAILED.indexOf('\n\n'))}`)).toBe('REPORT.IPM.Note.NDR');
    expect(await classOf('Reporting-MTA: dns; cs.utk.edu')).toBe('REPORT.IPM.Note.NDR');
  });

  it('is one only where it has the part for programs', async () => {
    expect((await of('Content-Type: multipart/report; boundary=b\n\n--b\n\ntext\n--b--\n')).size).toBe(0);
    expect((await of('Subject: none\n\nAction: failed\n')).size).toBe(0);
  });
});

describe('a read receipt (RFC 8098)', () => {
  const DISPLAYED = `Reporting-UA: joes-pc.cs.example.com; Foomail 97.1
Original-Recipient: rfc822;Joe_Recipient@example.com
Final-Recipient: rfc822;Joe_Recipient@example.com
Original-Message-ID: <199509192301.23456@example.org>
Disposition: manual-action/MDN-sent-manually; displayed`;

  it('says that a message was read, or was not', async () => {
    const read = await report('disposition-notification', DISPLAYED);
    expect(read.get(PR.MESSAGE_CLASS)).toBe('REPORT.IPM.Note.IPNRN');
    expect(read.get(PR.ORIGINAL_MESSAGE_ID)).toBe('<199509192301.23456@example.org>');
    expect(read.get(PR.REPORT_DISPOSITION)).toBe('displayed');
    expect(read.get(PR.REPORT_DISPOSITION_MODE)).toBe('manual-action/MDN-sent-manually');
    expect(read.get(PR.REPORT_TIME)).toBe(toFileTime(Date.UTC(1994, 6, 7, 21, 16, 5)));
    const deleted = await report('disposition-notification', DISPLAYED.replace('displayed', 'deleted'));
    expect(deleted.get(PR.MESSAGE_CLASS)).toBe('REPORT.IPM.Note.IPNNRN');
  });

  it('that a client sends becomes one that programs read', async () => {
    const message: MapiObject = {
      type: OBJECT.MESSAGE,
      id: 1,
      children: [],
      properties: new Map<number, string>([
        [PR.MESSAGE_CLASS, 'REPORT.IPM.Note.IPNNRN'],
        [PR.SUBJECT, 'Not read: lunch'],
        [PR.BODY, 'Your message was deleted without being read.'],
        [PR.SENT_REPRESENTING_EMAIL_ADDRESS, 'joe@example.com'],
        [PR.INTERNET_REFERENCES, '<0@example.org> <1@example.org>\r\nDisposition: automatic-action'],
        [PR.ORIGINAL_MESSAGE_ID, '<1@example.org>'],
      ]),
    };
    const chunks: Buffer[] = [];
    for await (const chunk of composeMessage(message, async function* () {})) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    expect(text).toContain('Auto-Submitted: auto-replied\r\n');
    const bag = await of(text.replaceAll('\r\n', '\n'));
    expect(bag.get(PR.MESSAGE_CLASS)).toBe('REPORT.IPM.Note.IPNNRN');
    expect(bag.get(PR.ORIGINAL_MESSAGE_ID)).toBe('<1@example.org>');
    expect(bag.get(PR.REPORT_DISPOSITION)).toBe('deleted');
    expect(text).toContain('Final-Recipient: rfc822;joe@example.com\r\n');
  });
});
