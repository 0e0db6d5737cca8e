import { parentPort, workerData } from 'node:worker_threads';

// Runs inside a worker thread: one Lambda execution environment. Loads the bundle and answers invocations one at a time.

interface Invocation {
  id: number;
  event: unknown;
  context: { awsRequestId: string; functionName: string; deadline: number };
}

const { file, exportName } = workerData as { file: string; exportName: string };

try {
  const module = (await import(file)) as Record<string, (event: unknown, context: object) => unknown>;
  const handler = module[exportName];
  if (typeof handler !== 'function') throw new Error(`${file} exports no ${exportName}`);
  parentPort?.on('message', async ({ id, event, context }: Invocation) => {
    try {
      const full = {
        ...context,
        functionVersion: '$LATEST',
        invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${context.functionName}`,
        memoryLimitInMB: '512',
        logGroupName: 'local',
        logStreamName: 'local',
        callbackWaitsForEmptyEventLoop: false,
        getRemainingTimeInMillis: () => context.deadline - Date.now(),
      };
      parentPort?.postMessage({ id, result: await handler(event, full) });
    } catch (error) {
      parentPort?.postMessage({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  parentPort?.postMessage({ ready: true });
} catch (error) {
  parentPort?.postMessage({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
