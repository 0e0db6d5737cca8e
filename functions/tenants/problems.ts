import { PROBLEM_BY_CODE, type ProblemTable, problemKind } from '../../shared/http/problem.ts';

/** A domain whose TXT record does not prove that the tenant controls it. */
export const NOT_PROVED = problemKind(409, 'not-proved', 'The record that proves control of the domain was not found');

/** The problems that errors of the directory become. */
export const TENANTS_PROBLEMS: ProblemTable = {
  ...PROBLEM_BY_CODE,
  UNABLE_TO_COMPLETE: problemKind(409, 'limit-reached', 'A limit of the tenant is reached'),
};
