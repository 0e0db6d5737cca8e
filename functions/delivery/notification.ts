import { z } from 'zod';

/** An object that holds a raw message, and its envelope recipients where the notification says them. */
export interface ReceivedObject {
  bucket: string;
  key: string;
  recipients: string[] | undefined;
}

/** S3's event notification (event structure 2.x); keys are URL-encoded, with + for a space. */
const s3Event = z.object({
  Records: z.array(
    z.object({ s3: z.object({ bucket: z.object({ name: z.string() }), object: z.object({ key: z.string() }) }) }),
  ),
});

/** The notification that SES publishes when its S3 action has stored a message; only it names the envelope's recipients. */
const sesNotification = z.object({
  notificationType: z.literal('Received'),
  receipt: z.object({
    recipients: z.array(z.string()),
    action: z.object({ type: z.literal('S3'), bucketName: z.string(), objectKey: z.string() }),
  }),
});

/** S3 sends this once when notifications are switched on. */
const s3TestEvent = z.object({ Event: z.literal('s3:TestEvent') });

/** Reads the body of a queue message: an S3 event, or an SES notification (as such or within SNS's envelope). Throws for anything else. */
export function parseNotification(body: string): ReceivedObject[] {
  const json: unknown = JSON.parse(body);
  const wrapped = z.object({ Type: z.literal('Notification'), Message: z.string() }).safeParse(json);
  if (wrapped.success) return parseNotification(wrapped.data.Message);
  if (s3TestEvent.safeParse(json).success) return [];
  const ses = sesNotification.safeParse(json);
  if (ses.success) {
    const { recipients, action } = ses.data.receipt;
    return [{ bucket: action.bucketName, key: action.objectKey, recipients }];
  }
  return s3Event.parse(json).Records.map(({ s3 }) => ({
    bucket: s3.bucket.name,
    key: decodeURIComponent(s3.object.key.replaceAll('+', ' ')),
    recipients: undefined,
  }));
}
