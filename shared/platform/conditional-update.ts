import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';

/** Updates an item if its condition holds; false where it does not. Throws when the table has not answered within `timeoutMs`. */
export async function updateIf(
  dynamo: DynamoDBClient,
  input: UpdateItemCommandInput,
  timeoutMs: number,
): Promise<boolean> {
  try {
    await dynamo.send(new UpdateItemCommand(input), { abortSignal: AbortSignal.timeout(timeoutMs) });
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
