import { Metrics } from '@aws-lambda-powertools/metrics';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';

export const log = createLambdaLog('dead-outgoing');

export const metrics = new Metrics({ namespace: 'Pamoja', serviceName: 'dead-outgoing' });

export const compose = () => composeStore(log);
