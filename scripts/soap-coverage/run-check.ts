import type { OperationName } from '../../shared/protocol/soap/interface.ts';
import type { SoapClient } from '../clients/soap-client.ts';
import { CHECKS } from './checks.ts';
import type { Environment } from './environment.ts';

/** Runs the check of one operation and gives its failures. */
export async function runCheck<Name extends OperationName>(name: Name, environment: Environment): Promise<string[]> {
  const check = CHECKS[name];
  const { system, anna, bert, boss } = environment;
  const wrong: string[] = [];
  const values = await check.request(environment);
  const mustBeRefused = async (client: SoapClient, who: string) => {
    const answer: { er?: number; result?: number } = await client.call(name, values);
    if ((answer.er ?? answer.result ?? 0) === 0) wrong.push(`${who} was not refused: ${textOf(answer)}`);
  };
  if (!check.unsupported) {
    const colleague = check.as === 'system' ? anna : bert;
    if (!check.open) await mustBeRefused(colleague, 'a colleague without the right');
    if (!check.public) await mustBeRefused(boss, 'an administrator of another company');
  }
  const answer = await (check.as === 'system' ? system : anna).call(name, values);
  if (!(await check.holds(answer, values, environment))) wrong.push(`had no effect: ${textOf(answer)}`);
  return wrong;
}

const textOf = (answer: unknown): string =>
  JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? String(value) : value)).slice(0, 300);
