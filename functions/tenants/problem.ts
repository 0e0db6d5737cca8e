import { z } from 'zod';
import { type ErrorCode, PamojaError } from '../../shared/mapi/error.ts';

/** RFC 9457 problem details. */
export const problem = z.object({
  type: z.string().describe('A stable name of the kind of problem'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  errors: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .optional()
    .describe('What is wrong with the request, place for place'),
});

export type Problem = z.output<typeof problem>;

/** A problem on its way to the caller. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.title);
    this.problem = problem;
  }
}

const kind = (status: number, name: string, title: string): Problem => ({ type: `/problems/${name}`, title, status });

export const PROBLEMS = {
  unauthorized: kind(401, 'unauthorized', 'No valid credentials were given'),
  forbidden: kind(403, 'forbidden', 'The credentials do not allow this'),
  notFound: kind(404, 'not-found', 'There is no such thing'),
  methodNotAllowed: kind(405, 'method-not-allowed', 'This cannot be done here'),
  conflict: kind(409, 'conflict', 'Something of that name is already there'),
  limit: kind(409, 'limit-reached', 'A limit of the tenant is reached'),
  busy: kind(409, 'wrong-state', 'The state does not allow this'),
  notProved: kind(409, 'not-proved', 'The record that proves control of the domain was not found'),
  invalid: kind(422, 'invalid', 'The request does not hold what it must'),
  notJson: kind(400, 'not-json', 'The request is no JSON'),
  reused: kind(422, 'idempotency-key-reused', 'The idempotency key was used for another request'),
  inProgress: kind(409, 'in-progress', 'The same request is being carried out'),
  unavailable: kind(503, 'unavailable', 'The system cannot do this now'),
  internal: kind(500, 'internal', 'Internal error'),
} satisfies Record<string, Problem>;

const BY_CODE: Partial<Record<ErrorCode, Problem>> = {
  NOT_FOUND: PROBLEMS.notFound,
  COLLISION: PROBLEMS.conflict,
  UNABLE_TO_COMPLETE: PROBLEMS.limit,
  BUSY: PROBLEMS.busy,
  BAD_VALUE: PROBLEMS.invalid,
  LOGON_FAILED: PROBLEMS.unauthorized,
  NO_ACCESS: PROBLEMS.forbidden,
  NETWORK_ERROR: PROBLEMS.unavailable,
};

/** The problem that an error becomes; undefined for one that nobody expected. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof ProblemError) return error.problem;
  const known = PamojaError.is(error) ? BY_CODE[error.code] : undefined;
  return known && PamojaError.is(error) ? { ...known, detail: error.message } : undefined;
}

/** What zod found wrong, place for place. */
export const invalidRequest = (error: z.ZodError): ProblemError =>
  new ProblemError({
    ...PROBLEMS.invalid,
    errors: error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
  });
