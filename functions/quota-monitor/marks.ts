import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';

/** What the monitor remembers between its runs; each mark is forgotten some time after it has no more use. */
export interface Marks {
  /** The time of a mark, milliseconds since 1970 (UTC), or undefined. */
  read(name: string): Promise<number | undefined>;
  write(name: string, value: number, forgetAt: number): Promise<void>;
}

export function dynamoMarks(dynamo: DynamoDBClient, table: string): Marks {
  const key = (name: string) => ({ pk: { S: `quota-monitor#${name}` } });
  return {
    async read(name) {
      const { Item } = await dynamo.send(
        new GetItemCommand({ TableName: table, Key: key(name), ConsistentRead: true }),
      );
      return Item?.value?.N === undefined ? undefined : Number(Item.value.N);
    },
    async write(name, value, forgetAt) {
      const Item = { ...key(name), value: { N: String(value) }, expires_at: { N: String(Math.ceil(forgetAt / 1000)) } };
      await dynamo.send(new PutItemCommand({ TableName: table, Item }));
    },
  };
}
