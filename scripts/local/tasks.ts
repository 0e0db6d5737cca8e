import path from 'node:path';
import { type RunningContainer, runContainer } from './containers.ts';
import type { Deployment } from './deployment.ts';
import { freePort, isFree } from './ports.ts';
import type { StackOptions } from './stack-options.ts';
import type { Startup } from './startup.ts';

type Definition = Deployment['containers'][number];

/** Starts the tasks of container definitions as processes of this machine. */
export class TaskRunner {
  private readonly startup: Startup;
  private readonly overrides: Record<string, string>;
  /** Local socket of the store server: users who may open the data folder are SYSTEM there. */
  readonly soapSocket: string;

  constructor(startup: Startup, overrides: Record<string, string>) {
    this.startup = startup;
    this.overrides = overrides;
    this.soapSocket = path.resolve(startup.options.data, 'soap.sock');
  }

  /** Starts one task of each service, on the ports that the options ask for. */
  async startAll(definitions: readonly Definition[]): Promise<Map<string, RunningContainer>> {
    const containers = new Map<string, RunningContainer>();
    for (const definition of definitions) {
      const socket: Record<string, string> = definition.name === 'store-server' ? { SOAP_SOCKET: this.soapSocket } : {};
      containers.set(
        definition.name,
        await this.start(definition, definition.name, this.startup.options.ports, socket),
      );
    }
    return containers;
  }

  async start(
    definition: Definition,
    name: string,
    mode: StackOptions['ports'],
    more: Record<string, string> = {},
  ): Promise<RunningContainer> {
    const { progress, logs, registry, log, onStop } = this.startup;
    const ports = await choosePorts(name, definition.ports, mode);
    const list = Object.entries(ports);
    const portVariables = Object.fromEntries(
      list.map(([port, number]) => [`${port.toUpperCase()}_PORT`, String(number)]),
    );
    progress(`starting ${name} (${list.map(([port, number]) => `${port} ${number}`).join(', ')})`);
    const environment = {
      ...baseEnvironment(),
      ...definition.environment,
      ...this.overrides,
      ...portVariables,
      ...more,
    };
    const container = await runContainer({ ...definition, name, ports, environment }, logs, registry, log);
    onStop(() => container.stop());
    return container;
  }
}

/** The declared ports, or free ones for them; throws when a declared port is in use. */
export async function choosePorts(
  what: string,
  declared: Record<string, number>,
  mode: StackOptions['ports'],
): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  for (const [name, port] of Object.entries(declared)) {
    if (mode === 'declared' && !(await isFree(port)))
      throw new Error(
        `port ${port} (${name} of ${what}) is in use by another program; end it, or start with --ports free`,
      );
    ports[name] = mode === 'declared' ? port : await freePort();
  }
  return ports;
}

/** The environment that every process gets. */
export const baseEnvironment = (): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  TMPDIR: process.env.TMPDIR ?? '/tmp',
  LANG: 'C.UTF-8',
});
