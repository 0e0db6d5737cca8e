import { z } from 'zod';
import { type ErrorCode, PamojaError } from '../mapi/error.ts';

/** RFC 9457 problem details. */
export const problem = z.object({
  type: z.string().describe('A stable name of the kind of problem'),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  errors: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .optional()
    .describe('What is wrong in the request, by field'),
});

export type Problem = z.output<typeof problem>;

/** A problem that ends the request. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.title);
    this.problem = problem;
  }
}

/** A kind of problem; its type is a path below `/problems`. */
export const problemKind = (status: number, name: string, title: string): Problem => ({
  type: `/problems/${name}`,
  title,
  status,
});

/** The problems that any API has. */
export const PROBLEMS = {
  unauthorized: problemKind(401, 'unauthorized', 'No valid credentials were given'),
  forbidden: problemKind(403, 'forbidden', 'The credentials do not allow this'),
  notFound: problemKind(404, 'not-found', 'There is no such thing'),
  methodNotAllowed: problemKind(405, 'method-not-allowed', 'This path does not allow the method'),
  conflict: problemKind(409, 'conflict', 'Something of that name is already there'),
  busy: problemKind(409, 'wrong-state', 'The state does not allow this'),
  invalid: problemKind(422, 'invalid', 'The request is not valid'),
  notJson: problemKind(400, 'not-json', 'The body of the request is not JSON'),
  reused: problemKind(422, 'idempotency-key-reused', 'The idempotency key was used for another request'),
  inProgress: problemKind(409, 'in-progress', 'The same request is being carried out'),
  unavailable: problemKind(503, 'unavailable', 'The system cannot do this now'),
  internal: problemKind(500, 'internal', 'Internal error'),
} satisfies Record<string, Problem>;

/** Problems by the code of an error. */
export type ProblemTable = Partial<Record<ErrorCode, Problem>>;

/** The codes that mean the same in any API. */
export const PROBLEM_BY_CODE: ProblemTable = {
  NOT_FOUND: PROBLEMS.notFound,
  COLLISION: PROBLEMS.conflict,
  BUSY: PROBLEMS.busy,
  BAD_VALUE: PROBLEMS.invalid,
  LOGON_FAILED: PROBLEMS.unauthorized,
  NO_ACCESS: PROBLEMS.forbidden,
  NETWORK_ERROR: PROBLEMS.unavailable,
};

/** The problem that an error becomes; undefined for an error that the table does not have. */
export function problemOf(error: unknown, table: ProblemTable): Problem | undefined {
  if (error instanceof ProblemError) return error.problem;
  if (!PamojaError.is(error)) return undefined;
  const known = table[error.code];
  return known && { ...known, detail: error.message };
}

/** What zod found wrong, by field. */
export const invalidRequest = (error: z.ZodError): ProblemError =>
  new ProblemError({
    ...PROBLEMS.invalid,
    errors: error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message })),
  });
