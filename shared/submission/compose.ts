import { z } from 'zod';
import { createSqs } from '../platform/aws.ts';
import type { Clock } from '../platform/clock.ts';
import { readVariables } from '../platform/environment.ts';
import { type SpoolerQueue, sqsSpoolerQueue } from './spooler-queue.ts';

/** The outgoing queue, from the environment that the CDK stacks give to every program that submits or sends mail. */
export function composeSpoolerQueue(clock: Clock, onError: (error: unknown) => void): SpoolerQueue {
  const { OUTGOING_QUEUE_URL } = readVariables({ OUTGOING_QUEUE_URL: z.string().min(1) });
  return sqsSpoolerQueue(createSqs(), OUTGOING_QUEUE_URL, clock, onError);
}
