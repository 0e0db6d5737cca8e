import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';

export const log = createLambdaLog('softdelete-purge');

export const compose = () => composeStore(log);
