import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Database } from '../../../shared/database/database.ts';
import { inTransaction } from '../../../shared/database/transaction.ts';
import { canonicalAddress, domainOf } from '../../../shared/directory/entries/addresses.ts';
import { parseLoginName } from '../../../shared/directory/login/login-name.ts';
import { audit } from '../../../shared/directory/tenants/audit-log.ts';
import { dynamoRegistry, type TenantRegistry } from '../../../shared/directory/tenants/tenant-registry.ts';
import { findTenant, listTenants, type Tenant, tenantOfDomain } from '../../../shared/directory/tenants/tenants.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { allPages } from '../../../shared/platform/all-pages.ts';
import { createDynamoDb } from '../../../shared/platform/aws.ts';
import type { StoreContext } from '../../../shared/store/engine/context.ts';
import type { TenantId } from '../../../shared/store/engine/ids.ts';

/** One run of a kopano-* command: its store context, the chosen company, and its output. */
export class AdminSession {
  readonly context: StoreContext;
  private readonly program: string;
  private readonly company: string | undefined;
  private readonly json: boolean;

  constructor(context: StoreContext, program: string, options: { company?: string; json?: boolean }) {
    this.context = context;
    this.program = program;
    this.company = options.company;
    this.json = options.json ?? false;
  }

  get db(): Database {
    return this.context.db;
  }

  /** Runs a change and writes its line of the audit trail in the same transaction. */
  change<T>(
    tenant: TenantId,
    action: string,
    object: string,
    work: (tx: Database, tenant: TenantId) => Promise<T>,
  ): Promise<T> {
    return inTransaction(this.db, async (tx) => {
      const result = await work(tx, tenant);
      await audit(tx, tenant, { at: this.context.clock(), actor: this.program, action, object });
      return result;
    });
  }

  say(text: string): void {
    console.log(this.json ? JSON.stringify({ done: text }) : text);
  }

  show<T>(value: T, layout: (value: T) => string): void {
    console.log(this.json ? JSON.stringify(value) : layout(value));
  }

  /** The company of a login or a group: given by -I, by `loginname_format`, or by the domain. */
  async tenantOf(name: string): Promise<TenantId> {
    if (this.company !== undefined) return (await this.requireTenant(this.company)).id;
    const only = await this.onlyTenant();
    if (only) return only.id;
    const { loginname_format: format } = this.context.options;
    const company = format.includes('%c') ? parseLoginName(format, name)?.tenant : undefined;
    if (company !== undefined) return (await this.requireTenant(company.toLowerCase())).id;
    const tenant = await tenantOfDomain(this.db, domainOf(canonicalAddress(name)));
    if (tenant === undefined)
      throw new PamojaError('NOT_FOUND', `no company has the domain of '${name}'; say the company with -I`);
    return tenant;
  }

  async requireTenant(name: string): Promise<Tenant> {
    const tenant = await findTenant(this.db, name);
    if (!tenant) throw new PamojaError('NOT_FOUND', `no company '${name}'`);
    return tenant;
  }

  /** The company of a server that has one (`enable_hosted_kopano`). */
  private async onlyTenant(): Promise<Tenant | undefined> {
    if (this.context.options.enable_hosted_kopano) return undefined;
    const [only] = await listTenants(this.db, '', 1);
    if (!only) throw new PamojaError('NOT_FOUND', 'the server has no company yet');
    return only;
  }

  /** The company that -I names, or the only one. Throws INVALID_PARAMETER where there are more. */
  async givenTenant(): Promise<Tenant> {
    const only = this.company === undefined ? await this.onlyTenant() : undefined;
    if (only) return only;
    if (this.company === undefined) throw new PamojaError('INVALID_PARAMETER', 'say the company with -I');
    return this.requireTenant(this.company);
  }

  /** The company that -I names, or all of them. */
  async chosenTenants(): Promise<Tenant[]> {
    return this.company === undefined ? this.allTenants() : [await this.requireTenant(this.company)];
  }

  async allTenants(): Promise<Tenant[]> {
    return allByName(
      (after) => listTenants(this.db, after, PAGE),
      (tenant) => tenant.name,
    );
  }

  registry(): TenantRegistry {
    const table = process.env.CONTROL_TABLE;
    if (!table) throw new Error('CONTROL_TABLE is not set');
    return dynamoRegistry(createDynamoDb(), table, this.context.clock);
  }
}

/** Pages of the lists that commands read. */
export const PAGE = 500;

/** All of a list that is read by name. */
export const allByName = <Item>(
  next: (after: string) => Promise<Item[]>,
  name: (item: Item) => string,
): Promise<Item[]> => allPages(next, name, { first: '', size: PAGE });

/** All of a list that is read by id. */
export const allById = <Item extends { id: Buffer }>(next: (after: Buffer) => Promise<Item[]>): Promise<Item[]> =>
  allPages(next, (item) => item.id, { first: Buffer.alloc(0), size: PAGE });

/** Asks for a password twice, without an echo. */
export async function askPassword(): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write('Type password:');
  const first = await prompt.question('');
  process.stderr.write('\nRetype password:');
  const second = await prompt.question('');
  process.stderr.write('\n');
  prompt.close();
  if (first === '' || first !== second) throw new PamojaError('INVALID_PARAMETER', "the passwords don't match");
  return first;
}

/** Megabytes, as the options of quota levels have them, in bytes. */
export function bytesOf(option: string | undefined, kept = 0): number {
  if (option === undefined) return kept;
  if (!/^\d+(\.\d+)?$/.test(option)) throw new PamojaError('INVALID_PARAMETER', `${option} is no number of MB`);
  return Math.round(Number(option) * 1024 * 1024);
}

export const isNo = (option: string): boolean => /^(0|n|no)$/i.test(option);
