import { isMainThread } from 'node:worker_threads';
import { type DestinationStream, pino } from 'pino';
import { cutFields, cutText } from './log-fields.ts';

type LogMethod = (fields: Record<string, unknown>, message: string) => void;

/** Writes JSON lines that carry ids and sizes, never mail. */
export type Log = Record<'debug' | 'info' | 'warn' | 'error', LogMethod>;

/** The stdout of a thread is not file descriptor 1, which pino writes to by itself, and faster. */
const standardOutput = (): DestinationStream =>
  isMainThread ? pino.destination(1) : { write: (line: string) => void process.stdout.write(line) };

/** Makes the log of a service. It cuts every value of a line to a limited length. */
export const createLog = (service: string, destination: DestinationStream = standardOutput()): Log =>
  pino(
    {
      name: service,
      level: process.env.LOG_LEVEL ?? 'info',
      base: { service },
      formatters: { log: cutFields },
      hooks: {
        logMethod(args, method) {
          method.apply(this, args.map((arg) => (typeof arg === 'string' ? cutText(arg) : arg)) as typeof args);
        },
      },
    },
    destination,
  );

/** Writes nothing; for tests and commands. */
export const silentLog: Log = pino({ level: 'silent' });
