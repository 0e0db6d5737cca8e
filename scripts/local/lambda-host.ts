import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

export interface LambdaDefinition {
  name: string;
  /** The folder of the bundled code. */
  directory: string;
  /** `index.handler` */
  handler: string;
  environment: Record<string, string>;
  timeoutSeconds: number;
}

/** One Lambda function: its real bundle in worker threads, each with an environment of its own, started when it is first called. */
export class LambdaHost {
  readonly name: string;
  private readonly definition: LambdaDefinition;
  private readonly idle: Environment[] = [];
  private readonly all = new Set<Environment>();
  private readonly log: (line: string) => void;

  constructor(definition: LambdaDefinition, log: (line: string) => void) {
    this.definition = definition;
    this.name = definition.name;
    this.log = log;
  }

  /** Invokes the function and gives its result. Throws what the handler threw, a failed start, or a time-out. */
  async invoke(event: unknown): Promise<unknown> {
    const environment = this.idle.pop() ?? this.create();
    try {
      const result = await environment.invoke(event, this.definition.timeoutSeconds * 1000);
      this.idle.push(environment);
      return result;
    } catch (error) {
      if (environment.usable) this.idle.push(environment);
      else {
        this.all.delete(environment);
        await environment.end();
      }
      throw error;
    }
  }

  /** Ends all running environments at once, in the middle of their work. Returns their number. */
  async kill(): Promise<number> {
    const running = [...this.all].filter((environment) => !this.idle.includes(environment));
    await this.stop();
    this.all.clear();
    this.idle.length = 0;
    return running.length;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.all].map((environment) => environment.end()));
  }

  private create(): Environment {
    const environment = new Environment(this.definition, this.log);
    this.all.add(environment);
    return environment;
  }
}

/** A reply of the worker (scripts/local/lambda-worker.ts). */
interface Reply {
  ready?: true;
  failed?: string;
  result?: unknown;
  error?: string;
}

class Environment {
  usable = true;
  private readonly worker: Worker;
  private readonly definition: LambdaDefinition;
  private readonly started: Promise<void>;
  private settle: ((reply: Reply) => void) | undefined;

  constructor(definition: LambdaDefinition, log: (line: string) => void) {
    this.definition = definition;
    const [file = 'index', exportName = 'handler'] = definition.handler.split('.');
    this.worker = new Worker(new URL('./lambda-worker.ts', import.meta.url), {
      env: {
        ...definition.environment,
        AWS_LAMBDA_FUNCTION_NAME: definition.name,
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
        AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      },
      workerData: { file: pathToFileURL(`${definition.directory}/${file}.mjs`).href, exportName },
      stdout: true,
      stderr: true,
    });
    this.worker.stdout.on('data', (chunk: Buffer) => log(chunk.toString().trimEnd()));
    this.worker.stderr.on('data', (chunk: Buffer) => log(chunk.toString().trimEnd()));
    const reply = new Promise<Reply>((resolve) => {
      this.settle = resolve;
    });
    this.worker.on('message', (message: Reply) => this.settle?.(message));
    this.worker.on('error', (error) => this.settle?.({ failed: error.stack ?? error.message }));
    this.worker.on('exit', () => {
      this.usable = false;
      this.settle?.({ failed: 'the function ended its process' });
    });
    this.started = reply.then(({ failed }) => {
      if (failed === undefined) return;
      this.usable = false;
      throw new Error(`${definition.name} does not start: ${failed}`);
    });
    this.started.catch(() => {
      // The first invocation awaits it; until then its rejection must not count as unhandled.
    });
  }

  async invoke(event: unknown, timeoutMs: number): Promise<unknown> {
    await this.started;
    const context = {
      awsRequestId: randomUUID(),
      functionName: this.definition.name,
      deadline: Date.now() + timeoutMs,
    };
    const reply = await new Promise<Reply>((resolve) => {
      this.settle = resolve;
      const timer = setTimeout(() => {
        this.usable = false;
        resolve({ failed: `timed out after ${timeoutMs} ms` });
      }, timeoutMs);
      this.settle = (message) => {
        clearTimeout(timer);
        resolve(message);
      };
      this.worker.postMessage({ id: 1, event, context });
    });
    if (reply.failed !== undefined) {
      this.usable = false;
      throw new Error(`${this.definition.name}: ${reply.failed}`);
    }
    if (reply.error !== undefined) throw new Error(`${this.definition.name}: ${reply.error}`);
    return reply.result;
  }

  async end(): Promise<void> {
    this.usable = false;
    await this.worker.terminate();
  }
}
