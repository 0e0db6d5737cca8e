import { type AttributeValue, type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { PamojaError } from '../../mapi/error.ts';
import type { Clock } from '../../platform/clock.ts';
import { deleteIf, putIf, updateIf } from '../../platform/conditional-write.ts';

/** The life cycle of a tenant, from its order to its removal. */
export type TenantState = 'provisioning' | 'ready' | 'suspended' | 'deleting' | 'removing';

/** A tenant as the control plane knows it. */
export interface RegistryEntry {
  name: string;
  guid: Buffer;
  state: TenantState;
  /** Digest of the order that created the tenant: repeating the same order resumes it, another order of that name collides. */
  orderHash: string;
}

/** The transitions between states. */
const NEXT: Record<TenantState, readonly TenantState[]> = {
  provisioning: ['ready'],
  ready: ['suspended', 'deleting'],
  suspended: ['ready', 'deleting'],
  deleting: ['ready', 'removing'],
  // The tenant's data is being deleted, which cannot be undone.
  removing: [],
};

/** The tenant registry in DynamoDB: one item for each tenant, changed by conditional writes only. */
export interface TenantRegistry {
  /** Creates the entry of an order, or returns the existing one when the same order is repeated. Throws COLLISION for another order of that name. */
  enter(entry: Omit<RegistryEntry, 'state'>): Promise<RegistryEntry>;
  find(name: string): Promise<RegistryEntry | undefined>;
  /** Deletes the entry of an order that cannot be carried out, which frees its name. */
  withdraw(name: string, guid: Buffer): Promise<void>;
  /** Creates the entry of a tenant that a command created without an order; replaces an entry that a deleted tenant left under that name. */
  adopt(entry: Omit<RegistryEntry, 'orderHash'>): Promise<void>;
  /** Deletes the entry of a tenant in the state `removing`, which frees its name. */
  remove(name: string): Promise<void>;
  /** Moves a tenant to a state, in which it may be already. Throws BUSY when its present state does not allow that. */
  advance(name: string, to: TenantState): Promise<void>;
}

export const dynamoRegistry = (dynamo: DynamoDBClient, table: string, clock: Clock): TenantRegistry =>
  new DynamoRegistry(dynamo, table, clock);

class DynamoRegistry implements TenantRegistry {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;
  private readonly clock: Clock;

  constructor(dynamo: DynamoDBClient, table: string, clock: Clock) {
    this.dynamo = dynamo;
    this.table = table;
    this.clock = clock;
  }

  async find(name: string): Promise<RegistryEntry | undefined> {
    const { Item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: keyOf(name), ConsistentRead: true }),
    );
    return Item && entryOf(name, Item);
  }

  async enter({ name, guid, orderHash }: Omit<RegistryEntry, 'state'>): Promise<RegistryEntry> {
    const entry: RegistryEntry = { name, guid, orderHash, state: 'provisioning' };
    const entered = await putIf(this.dynamo, {
      TableName: this.table,
      Item: itemOf(entry, this.clock()),
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    if (entered) return entry;
    const existing = await this.find(name);
    if (existing?.orderHash !== orderHash) throw new PamojaError('COLLISION', 'a tenant of that name is already there');
    return existing;
  }

  async adopt(entry: Omit<RegistryEntry, 'orderHash'>): Promise<void> {
    await putIf(this.dynamo, {
      TableName: this.table,
      Item: itemOf({ ...entry, orderHash: '' }, this.clock()),
      // Names are unique in SQL: an entry with another GUID is left over from a deleted tenant that had the name before.
      ConditionExpression: 'attribute_not_exists(pk) OR guid <> :guid',
      ExpressionAttributeValues: { ':guid': { S: entry.guid.toString('hex') } },
    });
  }

  async withdraw(name: string, guid: Buffer): Promise<void> {
    await deleteIf(this.dynamo, {
      TableName: this.table,
      Key: keyOf(name),
      ConditionExpression: '#state = :provisioning AND guid = :guid',
      ExpressionAttributeNames: STATE,
      ExpressionAttributeValues: { ':provisioning': { S: 'provisioning' }, ':guid': { S: guid.toString('hex') } },
    });
  }

  async remove(name: string): Promise<void> {
    await deleteIf(this.dynamo, {
      TableName: this.table,
      Key: keyOf(name),
      ConditionExpression: '#state = :removing',
      ExpressionAttributeNames: STATE,
      ExpressionAttributeValues: { ':removing': { S: 'removing' } },
    });
  }

  async advance(name: string, to: TenantState): Promise<void> {
    const from = (Object.keys(NEXT) as TenantState[]).filter((state) => NEXT[state].includes(to));
    const advanced = await updateIf(this.dynamo, {
      TableName: this.table,
      Key: keyOf(name),
      UpdateExpression: 'SET #state = :to, changed_at = :now',
      ConditionExpression: `attribute_exists(pk) AND #state IN (:to, ${from.map((_, i) => `:from${i}`).join(', ')})`,
      ExpressionAttributeNames: STATE,
      ExpressionAttributeValues: {
        ':to': { S: to },
        ':now': { N: String(this.clock()) },
        ...Object.fromEntries(from.map((state, i) => [`:from${i}`, { S: state }])),
      },
    });
    if (!advanced) throw new PamojaError('BUSY', `the tenant cannot become ${to} now`);
  }
}

/** `state` is a reserved word of DynamoDB's expressions. */
const STATE = { '#state': 'state' };

const keyOf = (name: string) => ({ pk: { S: `tenant#${name}` } });

const itemOf = ({ name, guid, state, orderHash }: RegistryEntry, now: number): Record<string, AttributeValue> => ({
  ...keyOf(name),
  guid: { S: guid.toString('hex') },
  state: { S: state },
  order_hash: { S: orderHash },
  entered_at: { N: String(now) },
});

const entryOf = (name: string, item: Record<string, AttributeValue>): RegistryEntry => ({
  name,
  guid: Buffer.from(item.guid?.S ?? '', 'hex'),
  state: (item.state?.S ?? 'provisioning') as TenantState,
  orderHash: item.order_hash?.S ?? '',
});
