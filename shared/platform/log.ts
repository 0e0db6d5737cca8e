import { isMainThread } from 'node:worker_threads';
import { pino, stdSerializers } from 'pino';

/** Where a program writes what happened: JSON lines with ids and sizes, never mail. */
export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** The stdout of a thread is not file descriptor 1, which pino writes to by itself, and faster. */
const destination = isMainThread ? pino.destination(1) : { write: (line: string) => void process.stdout.write(line) };

export const createLog = (service: string): Log =>
  pino(
    {
      name: service,
      level: process.env.LOG_LEVEL ?? 'info',
      base: { service },
      serializers: { error: stdSerializers.err },
    },
    destination,
  );

/** Writes nothing; for tests and commands. */
export const silentLog: Log = pino({ level: 'silent' });
