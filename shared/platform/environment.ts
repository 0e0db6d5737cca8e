import { z } from 'zod';
import { type Options, parseOptions } from './options.ts';

const environmentSchema = z.object({
  DB_HOST: z.string().min(1),
  DB_PORT: z.coerce.number().int().min(1).max(65535),
  DB_NAME: z.string().min(1),
  DB_SECRET_ARN: z.string().min(1),
  DB_TLS: z.enum(['required', 'off']),
  DB_POOL_SIZE: z.coerce.number().int().min(1).max(500).default(10),
});

/** The address of the data, which the CDK stacks give to every Lambda and container. */
export type Environment = z.output<typeof environmentSchema>;

/** Reads and checks the environment; a missing or wrong variable throws an error that names it. */
export function readEnvironment(): Environment {
  return check(environmentSchema);
}

/** Reads variables that only one program has, by its own schema. */
export function readVariables<Shape extends z.ZodRawShape>(shape: Shape): z.output<z.ZodObject<Shape>> {
  return check(z.object(shape));
}

/** The Kopano options that the deployment sets, out of the variable KOPANO_OPTIONS (JSON). */
export function readOptions(): Options {
  return parseOptions(JSON.parse(process.env.KOPANO_OPTIONS || '{}') as Record<string, unknown>);
}

/** The endpoint of an emulator or of LocalStack; undefined on AWS. */
export const customEndpoint = (): string | undefined => process.env.AWS_ENDPOINT_URL || undefined;

function check<Schema extends z.ZodType>(schema: Schema): z.output<Schema> {
  const result = schema.safeParse(process.env);
  if (result.success) return result.data;
  throw new Error(
    `environment: ${result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
  );
}
