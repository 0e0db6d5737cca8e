import { Logger } from '@aws-lambda-powertools/logger';
import type { Log } from './log.ts';
import { cutEntry } from './log-fields.ts';

/** The log of a Lambda: ours, written by Powertools, whose middleware adds the fields of the invocation. */
export interface LambdaLog extends Log {
  powertools: Logger;
}

/** Makes the log of a Lambda; its values are cut in length as those of the services are. */
export function createLambdaLog(serviceName: string): LambdaLog {
  const powertools = new Logger({ serviceName, jsonReplacerFn: (key, value) => cutEntry(key, value) });
  return {
    powertools,
    debug: (fields, message) => powertools.debug(message, fields),
    info: (fields, message) => powertools.info(message, fields),
    warn: (fields, message) => powertools.warn(message, fields),
    error: (fields, message) => powertools.error(message, fields),
  };
}
