import { type Deployment, functionOf } from './deployment.ts';
import { LambdaHost } from './lambda-host.ts';
import type { Startup } from './startup.ts';
import { baseEnvironment } from './tasks.ts';

/** The functions of a deployment, each with a host that runs its environments. */
export class FunctionHosts {
  private readonly hosts: Map<string, LambdaHost>;

  constructor({ log, onStop }: Startup, { functions }: Deployment, overrides: Record<string, string>) {
    this.hosts = new Map(
      functions.map((definition) => {
        const environment = { ...baseEnvironment(), ...definition.environment, ...overrides };
        return [definition.name, new LambdaHost({ ...definition, environment }, log)];
      }),
    );
    onStop(async () => {
      await Promise.all([...this.hosts.values()].map((host) => host.stop()));
    });
  }

  byArn(arn: string): LambdaHost {
    const host = this.hosts.get(functionOf(arn));
    if (!host) throw new Error(`there is no function ${arn}`);
    return host;
  }

  /** The first function whose name contains a text. */
  byPart(part: string): LambdaHost {
    return findByPart(this.hosts.values(), part);
  }
}

export function findByPart<T extends { name: string }>(list: Iterable<T>, part: string): T {
  const found = [...list].find(({ name }) => name.includes(part));
  if (!found) throw new Error(`no function, service or schedule has ${part} in its name`);
  return found;
}
