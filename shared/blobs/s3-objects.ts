import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { PamojaError } from '../mapi/error.ts';
import { collect } from '../platform/collect.ts';
import type { Objects } from './objects.ts';

/** Larger objects are uploaded in parts, so that memory is bounded and each request is small. */
const MULTIPART_FROM = 8 * 1024 * 1024;

/** Objects in an S3 bucket. */
export function s3Objects(s3: S3Client, bucket: string): Objects {
  return {
    async put(key, size, body) {
      try {
        if (size < MULTIPART_FROM) {
          await s3.send(
            new PutObjectCommand({ Bucket: bucket, Key: key, Body: await collect(body), ContentLength: size }),
          );
        } else {
          const params = { Bucket: bucket, Key: key, Body: Readable.from(body, { objectMode: false }) };
          await new Upload({ client: s3, params, partSize: MULTIPART_FROM, queueSize: 2 }).done();
        }
      } catch (error) {
        throw new PamojaError('NETWORK_ERROR', 'the attachment storage is unreachable', { cause: error });
      }
    },

    async *get(key, start, end) {
      if (start >= end) return;
      try {
        const object = await s3.send(
          new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${start}-${end - 1}` }),
        );
        for await (const chunk of object.Body as Readable) yield chunk as Buffer;
      } catch (error) {
        throw new PamojaError('NETWORK_ERROR', 'the attachment storage is unreachable', { cause: error });
      }
    },

    async remove(key) {
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },

    async size(key) {
      try {
        return (await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))).ContentLength;
      } catch (error) {
        if ((error as { name?: string }).name === 'NotFound') return undefined;
        throw new PamojaError('NETWORK_ERROR', 'the attachment storage is unreachable', { cause: error });
      }
    },
  };
}
