import { pino } from 'pino';

/** The log of a long-running service: JSON lines with ids and sizes, never mail. */
export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error'>;

export function createLog(service: string): pino.Logger {
  return pino({ name: service, level: process.env.LOG_LEVEL ?? 'info', base: { service } });
}

/** Writes nothing; for tests and commands. */
export const silentLog: Log = pino({ level: 'silent' });
