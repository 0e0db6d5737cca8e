import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { createS3 } from '../../shared/platform/aws.ts';
import { createLambdaLog } from '../../shared/platform/lambda-log.ts';
import { composeStore } from '../../shared/store/engine/compose.ts';
import type { DeliveryContext } from './deliver-object.ts';

export const log = createLambdaLog('delivery');

export const metrics = new Metrics({ namespace: 'Pamoja', serviceName: 'delivery' });

export async function compose(): Promise<DeliveryContext> {
  const store = await composeStore(log);
  return {
    store,
    directory: dbSource(store.db, store.options),
    s3: createS3(),
    log,
    countUnknown: (recipients) => {
      if (recipients > 0) metrics.addMetric('UnknownRecipients', MetricUnit.Count, recipients);
    },
  };
}
