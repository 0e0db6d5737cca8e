import type { z } from 'zod';

/** A call whose caller, path, query and body have been checked. `Scope`: the result of authorizing it. */
export type RouteCall<Scope extends object, Query, Body> = Scope & {
  /** The parameters of the path, decoded. */
  path: Record<string, string>;
  query: Query;
  body: Body;
};

/** One method of one path. `Audience`: who may use it, in the words of the API. */
export interface Route<Scope extends object, Audience> {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** With parameters in braces, such as `/v1/things/{thing}`. */
  path: string;
  summary: string;
  audience: Audience;
  /** The parameters of the query; undefined: it has none. */
  query: z.ZodObject | undefined;
  body: z.ZodType | undefined;
  /** Status and body of success; 204 has no body. */
  status: 200 | 201 | 204;
  answer: z.ZodType | undefined;
  /** Takes an Idempotency-Key. */
  idempotent: boolean;
  run(call: RouteCall<Scope, unknown, unknown>): Promise<unknown>;
}

type NoQuery = z.ZodObject<Record<never, never>>;

type Definition<Scope extends object, Audience, Query extends z.ZodObject, Body> = Omit<
  Route<Scope, Audience>,
  'query' | 'body' | 'run' | 'idempotent'
> & {
  query?: Query;
  run(call: RouteCall<Scope, z.output<Query>, Body>): Promise<unknown>;
};

/**
 * Makes the routes of one API. The types of `query` and `body` follow from their schemas:
 *
 *     const { withBody, withoutBody } = routesOf<{ caller: Caller }, 'anybody' | 'owner'>();
 */
export const routesOf = <Scope extends object, Audience>() => ({
  withBody: <Body extends z.ZodType, Query extends z.ZodObject = NoQuery>(
    route: Definition<Scope, Audience, Query, z.output<Body>> & { body: Body; idempotent?: boolean },
  ): Route<Scope, Audience> => ({
    query: undefined,
    idempotent: false,
    ...route,
    run: (call) => route.run(call as RouteCall<Scope, z.output<Query>, z.output<Body>>),
  }),

  withoutBody: <Query extends z.ZodObject = NoQuery>(
    route: Definition<Scope, Audience, Query, undefined>,
  ): Route<Scope, Audience> => ({
    query: undefined,
    ...route,
    body: undefined,
    idempotent: false,
    run: (call) => route.run(call as RouteCall<Scope, z.output<Query>, undefined>),
  }),
});
