import { OPERATIONS, type OperationName } from '../../shared/protocol/soap/interface.ts';
import { SoapClient } from '../clients/soap-client.ts';
import type { TemporaryStack } from '../local/temporary.ts';
import { absentIds, type Ids, isWho, type Who } from './soap-ids.ts';
import { REQUESTS, WITHOUT_ID } from './soap-requests.ts';

// Every operation that takes an id is called with those of another tenant, one at a time among the caller's own: the answer must be the same
// as for an id that nobody has.

type Attempt = (what: string, held: boolean) => void;
type Roles = keyof Ids;
type Request = (id: Ids) => object;

/** Ids of the address book, which are tried in each other's places too. */
const PEOPLE = ['user', 'group', 'company'] as const;

/** Synchronizations belong to the caller: these operations ignore the id of one that does not. */
const SILENT: ReadonlySet<string> = new Set(['create-folders sync', 'getChanges sync', 'getSyncStates sync']);

export async function tryOperations(
  stack: TemporaryStack,
  { mine, theirs }: Record<'mine' | 'theirs', Ids>,
  attempt: Attempt,
): Promise<void> {
  const names = Object.keys(OPERATIONS) as OperationName[];
  const known = new Set([...Object.keys(REQUESTS), ...WITHOUT_ID]);
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) throw new Error(`operations that nobody tries: ${unknown.join(', ')}`);
  const absent = absentIds();
  const tcp = { port: stack.port('store-server', 'soap') };
  const callers = {
    'an administrator': await SoapClient.logon(tcp, 'admin@mine.test', 'password of admin'),
    'a user': await SoapClient.logon(tcp, 'user@mine.test', 'password of user'),
  };
  for (const name of names)
    for (const request of (REQUESTS[name] ?? []) as Request[])
      for (const [role, foreign, nobody] of places(request, theirs, absent))
        for (const [who, client] of Object.entries(callers)) {
          const [reached, missed] = [
            await answerOf(client, name, request({ ...mine, [role]: foreign })),
            await answerOf(client, name, request({ ...mine, [role]: nobody })),
          ];
          const same = withoutIds(reached, foreign) === withoutIds(missed, nobody);
          if (!same)
            console.log(`${name} ${role}: ${shown(reached)} for another tenant's, ${shown(missed)} for nobody's`);
          attempt(`${name} with the ${role} of another tenant by ${who}: foreign and absent look alike`, same);
          if (!SILENT.has(`${name} ${role}`))
            attempt(`${name} with the ${role} of another tenant by ${who}`, failed(reached));
        }
  await requireThatTheyReach(stack, { mine, theirs, absent });
}

/** The ids that a request takes, each with its replacements: another tenant's, by entry id and by numeric id, and of other kinds of objects. */
function places(request: Request, theirs: Ids, absent: Ids): [Roles, Ids[Roles], Ids[Roles]][] {
  const used = new Set<Roles>();
  const watched = new Proxy(theirs, {
    get(ids, role: Roles) {
      used.add(role);
      return ids[role];
    },
  });
  request(watched);
  return [...used].flatMap((role): [Roles, Ids[Roles], Ids[Roles]][] => {
    const [foreign, nobody] = [theirs[role], absent[role]];
    if (!isWho(foreign) || !isWho(nobody)) return [[role, foreign, nobody]];
    const byNumber = ({ number }: Who): Who => ({ number, entryId: Buffer.alloc(0) });
    const byEntryId = ({ entryId }: Who): Who => ({ number: 0, entryId });
    return PEOPLE.flatMap((kind): [Roles, Ids[Roles], Ids[Roles]][] => [
      [role, byEntryId(theirs[kind]), byEntryId(absent[kind])],
      [role, byNumber(theirs[kind]), byNumber(absent[kind])],
    ]);
  });
}

const READS = /^(?:get|resolve|load|table|check|read|GetQuota|export)/;
/** Ids that must have been looked at for the comparison to mean something. */
const LEAST_REACHED = 40;

/**
 * SYSTEM, who may see all tenants, must get other answers for their ids than for ids that do not exist: this proves that the requests are complete
 * and reach the id.
 */
async function requireThatTheyReach(
  stack: TemporaryStack,
  { mine, theirs, absent }: Record<'mine' | 'theirs' | 'absent', Ids>,
): Promise<void> {
  const system = await SoapClient.logon({ socketPath: stack.soapSocket }, 'SYSTEM');
  let reached = 0;
  for (const name of Object.keys(REQUESTS) as OperationName[])
    for (const request of READS.test(name) ? ((REQUESTS[name] ?? []) as Request[]) : [])
      for (const [role, foreign, nobody] of places(request, theirs, absent)) {
        const there = await answerOf(system, name, request({ ...mine, [role]: foreign }));
        const nowhere = await answerOf(system, name, request({ ...mine, [role]: nobody }));
        if (!failed(there) && failed(nowhere)) reached++;
      }
  if (reached < LEAST_REACHED) throw new Error(`only ${reached} ids were looked at for SYSTEM`);
  console.log(`${reached} ids lead somewhere for SYSTEM`);
}

type Answer = Record<string, unknown> & { er?: number; result?: number };

async function answerOf(client: SoapClient, name: OperationName, values: object): Promise<Answer> {
  return (await client.call(name, values)) as Answer;
}

const failed = ({ er, result }: Answer): boolean => (er ?? result ?? 0) !== 0;

/** Ids of objects that the session itself has opened. */
const OWN_NUMBERS = new Set(['ulTableId', 'ulSyncId']);

/** An answer as text, without values that it repeats from the request. */
function withoutIds(answer: Answer, id: Ids[Roles]): string {
  const told = isWho(id) ? id.entryId : id;
  const again = Buffer.isBuffer(told) && told.length > 0 ? told.toString('hex') : undefined;
  const text = shown(answer);
  return again === undefined ? text : text.replaceAll(again, 'id');
}

const shown = (answer: Answer): string =>
  JSON.stringify(answer, (name, value) => {
    if (OWN_NUMBERS.has(name)) return 'number';
    if (typeof value === 'bigint') return String(value);
    return value?.type === 'Buffer' ? Buffer.from(value.data).toString('hex') : value;
  });
