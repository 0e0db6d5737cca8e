import { pino, stdSerializers } from 'pino';

/** Where a program writes what happened: JSON lines with ids and sizes, never mail. */
export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** The stdout of a function is not always file descriptor 1, which pino would write to by itself. */
const stdout = { write: (line: string) => void process.stdout.write(line) };

export const createLog = (service: string): Log =>
  pino(
    {
      name: service,
      level: process.env.LOG_LEVEL ?? 'info',
      base: { service },
      serializers: { error: stdSerializers.err },
    },
    stdout,
  );

/** Writes nothing; for tests and commands. */
export const silentLog: Log = pino({ level: 'silent' });
