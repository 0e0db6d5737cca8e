import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DeleteItemCommandInput,
  type DynamoDBClient,
  PutItemCommand,
  type PutItemCommandInput,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';

/** Updates an item if its condition holds; false where it does not. Throws when the table has not answered within `timeoutMs`. */
export const updateIf = (dynamo: DynamoDBClient, input: UpdateItemCommandInput, timeoutMs?: number): Promise<boolean> =>
  conditionHeld(
    dynamo.send(
      new UpdateItemCommand(input),
      timeoutMs === undefined ? {} : { abortSignal: AbortSignal.timeout(timeoutMs) },
    ),
  );

/** Writes an item if its condition holds; false where it does not. */
export const putIf = (dynamo: DynamoDBClient, input: PutItemCommandInput): Promise<boolean> =>
  conditionHeld(dynamo.send(new PutItemCommand(input)));

/** Deletes an item if its condition holds; false where it does not. */
export const deleteIf = (dynamo: DynamoDBClient, input: DeleteItemCommandInput): Promise<boolean> =>
  conditionHeld(dynamo.send(new DeleteItemCommand(input)));

async function conditionHeld(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
