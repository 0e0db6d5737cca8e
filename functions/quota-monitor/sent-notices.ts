import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';

/** The state of the monitor between its runs. Times are milliseconds since 1970 (UTC). */
export interface SentNotices {
  /** When a notice was last sent; undefined for one that was not, or is forgotten. */
  read(notice: string): Promise<number | undefined>;
  write(notice: string, sentAt: number, forgetAt: number): Promise<void>;
  /** The id of the last user that an interrupted run has looked at. */
  readCursor(): Promise<number | undefined>;
  writeCursor(user: number, forgetAt: number): Promise<void>;
}

const CURSOR = 'cursor';

export function dynamoSentNotices(dynamo: DynamoDBClient, table: string): SentNotices {
  const key = (name: string) => ({ pk: { S: `quota-monitor#${name}` } });
  const read = async (name: string): Promise<number | undefined> => {
    const { Item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: key(name), ConsistentRead: true }));
    return Item?.value?.N === undefined ? undefined : Number(Item.value.N);
  };
  const write = async (name: string, value: number, forgetAt: number): Promise<void> => {
    const Item = { ...key(name), value: { N: String(value) }, expires_at: { N: String(Math.ceil(forgetAt / 1000)) } };
    await dynamo.send(new PutItemCommand({ TableName: table, Item }));
  };
  return {
    read,
    write,
    readCursor: () => read(CURSOR),
    writeCursor: (user, forgetAt) => write(CURSOR, user, forgetAt),
  };
}
