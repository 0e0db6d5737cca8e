import { Logger } from '@aws-lambda-powertools/logger';
import { cutEntry } from './log-fields.ts';

/** The log of a Lambda, as Powertools writes it; its lines are cut to a bearable length as those of the services are. */
export const createLambdaLog = (serviceName: string): Logger =>
  new Logger({ serviceName, jsonReplacerFn: (key, value) => cutEntry(key, value) });
