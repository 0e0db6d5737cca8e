import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { s3Objects } from '../../shared/blobs/s3-objects.ts';
import { openDatabase } from '../../shared/database/database.ts';
import { fsck, type Inconsistency } from '../../shared/store/upkeep/fsck.ts';
import { makeTenant, type TestUser } from './demo.ts';
import { type LocalStack, startStack } from './stack.ts';
import type { StackOptions } from './stack-options.ts';

/** A stack on free ports in a folder of its own, which is removed when the stack stops. */
export interface TemporaryStack extends LocalStack {
  data: string;
  port(service: string, name: string): number;
  /** Makes a tenant with users `<name>@<domain>`, password `pass`. */
  tenant(domain: string, names: readonly string[]): Promise<void>;
  /** Runs the check of the whole database and gives the problems. */
  fsck(): Promise<Inconsistency[]>;
}

/** Passwords of tests may be short, unless it is they that are tested. */
const SHORT_PASSWORDS = { password_min_length: 1 };

export async function startTemporaryStack(
  options: Omit<Partial<StackOptions>, 'data' | 'ports'> = {},
): Promise<TemporaryStack> {
  const data = mkdtempSync(path.join(tmpdir(), 'pamoja-stack-'));
  const stack = await startStack({
    ...options,
    options: { ...SHORT_PASSWORDS, ...options.options },
    data,
    ports: 'free',
  });
  return {
    ...stack,
    data,
    port: (service, name) => stack.containers.get(service)?.ports[name] ?? 0,
    tenant: (domain, names) =>
      makeTenant(
        stack.database,
        { ...options.options, ...SHORT_PASSWORDS },
        domain,
        [domain],
        names.map((name): TestUser => ({ login: `${name}@${domain}`, password: 'pass', fullName: name })),
      ),
    async fsck() {
      const db = openDatabase({ ...stack.database, database: 'kopano', tls: false, poolSize: 2 });
      try {
        const { problems } = await fsck(db, s3Objects(stack.clients.s3, stack.environment.ATTACHMENTS_BUCKET ?? ''));
        return problems;
      } finally {
        await db.destroy();
      }
    },
    async stop() {
      await stack.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
