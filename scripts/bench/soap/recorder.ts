import { sql } from 'kysely';
import type { Database } from '../../../shared/database/database.ts';
import { encodeRequest } from '../../../shared/protocol/soap/encode.ts';
import type { OperationName, Requests } from '../../../shared/protocol/soap/interface.ts';
import type { RawAnswer, SoapClient } from '../../clients/soap-client.ts';
import type { Figures } from '../figures.ts';

type Values<Name extends OperationName> = Partial<Omit<Requests[Name], 'ulSessionId' | 'ecSessionId' | 'session-id'>>;

/** A call that is ready to be sent. */
export interface Prepared {
  name: OperationName;
  envelope: string;
}

export function prepare<Name extends OperationName>(
  { session }: SoapClient,
  name: Name,
  values: Values<Name>,
): Prepared {
  const ids = { ulSessionId: session, ecSessionId: session, 'session-id': session };
  return { name, envelope: encodeRequest(name, { ...ids, ...values }).envelope };
}

const decimal = (text: string, element: string): number =>
  Number(new RegExp(`<${element}>(\\d+)</${element}>`).exec(text)?.[1] ?? 0);

/** Sends a call as clients do, which all accept compressed answers; gives the bytes of the answer without decoding them. */
export async function send(client: SoapClient, { name, envelope }: Prepared, allowed = 0): Promise<RawAnswer> {
  const answer = await client.post(envelope, { 'Accept-Encoding': 'gzip, deflate' });
  // The error code is the first or the last element of an answer.
  const text = `${answer.body.subarray(0, 1200).toString('latin1')}${answer.body.subarray(-200).toString('latin1')}`;
  const error = decimal(text, 'er') || decimal(text, 'result');
  if (answer.status !== 200 || (error !== 0 && error !== allowed))
    throw new Error(`${name}: ${answer.status}, 0x${error.toString(16)}`);
  return answer;
}

/** Measures calls one after the other: the time of each, and the number of database statements. */
export class Recorder {
  private readonly figures: Figures;
  private readonly db: Database;

  constructor(figures: Figures, db: Database) {
    this.figures = figures;
    this.db = db;
  }

  /** The median of `count` times, in milliseconds for each of `each` things. */
  async time(figure: string, count: number, work: (n: number) => Promise<unknown>, each = 1): Promise<void> {
    for (let n = 0; n < Math.ceil(count / 5); n++) await work(n);
    const before = await this.questions();
    const times: number[] = [];
    for (let n = 0; n < count; n++) {
      const began = performance.now();
      await work(n);
      times.push(performance.now() - began);
    }
    const asked = (await this.questions()) - before - 1;
    times.sort((a, b) => a - b);
    const at = (share: number) => Number(((times[Math.floor(times.length * share)] ?? 0) / each).toFixed(2));
    this.figures.report({ figure, value: at(0.5), unit: 'ms', p50: at(0.25), p99: at(0.99) });
    const statements = Number((asked / count / each).toFixed(1));
    this.figures.report({ figure: `${figure}, statements`, value: statements, unit: '' });
  }

  /** Statements that the server has had from anybody. */
  private async questions(): Promise<number> {
    const { rows } = await sql<{ Value: string }>`SHOW GLOBAL STATUS LIKE 'Questions'`.execute(this.db);
    return Number(rows[0]?.Value ?? 0);
  }
}
