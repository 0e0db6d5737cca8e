import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { PamojaError } from '../../mapi/error.ts';
import type { Clock } from '../../platform/clock.ts';

/** Where a tenant stands between its order and its end. */
export type TenantState = 'provisioning' | 'ready' | 'suspended' | 'deleting' | 'removing';

/** The control plane's entry of a tenant. */
export interface RegistryEntry {
  name: string;
  guid: Buffer;
  state: TenantState;
  /** Of the order that made it: the same order again goes on with it, another one collides. */
  orderHash: string;
}

/** Which state may follow which. */
const NEXT: Record<TenantState, readonly TenantState[]> = {
  provisioning: ['ready'],
  ready: ['suspended', 'deleting'],
  suspended: ['ready', 'deleting'],
  deleting: ['ready', 'removing'],
  // Its data is going: there is no way back.
  removing: [],
};

/** The tenant registry in DynamoDB: one item a tenant, changed only by conditional writes. */
export interface TenantRegistry {
  /** Enters an order; gives the entry that is there when the same order was entered before. Throws COLLISION for another order of that name. */
  enter(entry: Omit<RegistryEntry, 'state'>): Promise<RegistryEntry>;
  find(name: string): Promise<RegistryEntry | undefined>;
  /** Takes an order back that cannot be carried out; the name is free again. */
  withdraw(name: string, guid: Buffer): Promise<void>;
  /** Enters a tenant that was made without an order (by a command); its own entry stays as it is, a deleted tenant's of that name does not. */
  adopt(entry: Omit<RegistryEntry, 'orderHash'>): Promise<void>;
  /** Forgets a tenant that is `removing`; the name is free again. */
  remove(name: string): Promise<void>;
  /** Moves a tenant on. Throws BUSY when its state does not allow that; being there already is no error. */
  advance(name: string, to: TenantState): Promise<void>;
}

export function dynamoRegistry(dynamo: DynamoDBClient, table: string, clock: Clock): TenantRegistry {
  const key = (name: string) => ({ pk: { S: `tenant#${name}` } });

  const find = async (name: string): Promise<RegistryEntry | undefined> => {
    const { Item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: key(name), ConsistentRead: true }));
    if (!Item) return undefined;
    return {
      name,
      guid: Buffer.from(Item.guid?.S ?? '', 'hex'),
      state: (Item.state?.S ?? 'provisioning') as TenantState,
      orderHash: Item.order_hash?.S ?? '',
    };
  };

  return {
    find,

    async enter({ name, guid, orderHash }) {
      try {
        await dynamo.send(
          new PutItemCommand({
            TableName: table,
            Item: {
              ...key(name),
              guid: { S: guid.toString('hex') },
              state: { S: 'provisioning' },
              order_hash: { S: orderHash },
              entered_at: { N: String(clock()) },
            },
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        );
        return { name, guid, orderHash, state: 'provisioning' };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
      const there = await find(name);
      if (there?.orderHash !== orderHash) throw new PamojaError('COLLISION', 'a tenant of that name is already there');
      return there;
    },

    async adopt({ name, guid, state }) {
      await dynamo
        .send(
          new PutItemCommand({
            TableName: table,
            Item: {
              ...key(name),
              guid: { S: guid.toString('hex') },
              state: { S: state },
              order_hash: { S: '' },
              entered_at: { N: String(clock()) },
            },
            // SQL has one tenant of a name: an entry with another's guid is left over from a deleted one that had it before.
            ConditionExpression: 'attribute_not_exists(pk) OR guid <> :guid',
            ExpressionAttributeValues: { ':guid': { S: guid.toString('hex') } },
          }),
        )
        .catch(unlessConditionFailed);
    },

    async withdraw(name, guid) {
      await dynamo
        .send(
          new DeleteItemCommand({
            TableName: table,
            Key: key(name),
            ConditionExpression: '#state = :provisioning AND guid = :guid',
            ExpressionAttributeNames: { '#state': 'state' },
            ExpressionAttributeValues: { ':provisioning': { S: 'provisioning' }, ':guid': { S: guid.toString('hex') } },
          }),
        )
        .catch(unlessConditionFailed);
    },

    async remove(name) {
      await dynamo
        .send(
          new DeleteItemCommand({
            TableName: table,
            Key: key(name),
            ConditionExpression: '#state = :removing',
            ExpressionAttributeNames: { '#state': 'state' },
            ExpressionAttributeValues: { ':removing': { S: 'removing' } },
          }),
        )
        .catch(unlessConditionFailed);
    },

    async advance(name, to) {
      const from = (Object.keys(NEXT) as TenantState[]).filter((state) => NEXT[state].includes(to));
      try {
        await dynamo.send(
          new UpdateItemCommand({
            TableName: table,
            Key: key(name),
            UpdateExpression: 'SET #state = :to, changed_at = :now',
            ConditionExpression: `attribute_exists(pk) AND #state IN (:to, ${from.map((_, i) => `:from${i}`).join(', ')})`,
            ExpressionAttributeNames: { '#state': 'state' },
            ExpressionAttributeValues: {
              ':to': { S: to },
              ':now': { N: String(clock()) },
              ...Object.fromEntries(from.map((state, i) => [`:from${i}`, { S: state }])),
            },
          }),
        );
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException)
          throw new PamojaError('BUSY', `the tenant cannot become ${to} now`, { cause: error });
        throw error;
      }
    },
  };
}

function unlessConditionFailed(error: unknown): void {
  if (!(error instanceof ConditionalCheckFailedException)) throw error;
}
