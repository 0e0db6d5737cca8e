import { Cron } from 'croner';
import type { LambdaHost } from './lambda-host.ts';

/** A schedule of the templates: EventBridge's expression and the function that it calls. */
export interface Schedule {
  name: string;
  /** `rate(1 hour)` or `cron(0 3 * * ? *)` */
  expression: string;
  input: unknown;
  host: LambdaHost;
}

/** Fires schedules as EventBridge does; the function returned ends it. */
export function runSchedules(schedules: readonly Schedule[], log: (line: string) => void): () => void {
  const jobs = schedules.map((schedule) => {
    const fire = async () => {
      await fireSchedule(schedule).catch((error: unknown) => log(`${schedule.name}: ${error}`));
    };
    const rate = rateMs(schedule.expression);
    if (rate !== undefined) {
      const timer = setInterval(fire, rate);
      return () => clearInterval(timer);
    }
    const cron = new Cron(cronPattern(schedule.expression), { timezone: 'UTC' }, fire);
    return () => cron.stop();
  });
  return () => jobs.forEach((stop) => stop());
}

export const fireSchedule = (schedule: Schedule): Promise<unknown> => schedule.host.invoke(schedule.input);

const UNIT_MS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function rateMs(expression: string): number | undefined {
  const match = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  return match ? Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? 0) : undefined;
}

/** EventBridge's six fields (minute hour day month weekday year; Sunday is 1) as five of cron. */
export function cronPattern(expression: string): string {
  const fields = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/.exec(expression)?.slice(1);
  if (!fields) throw new Error(`the local stack does not understand the schedule ${expression}`);
  const [minute, hour, day, month, weekday = '*'] = fields.map((field) => field.replace('?', '*'));
  return [minute, hour, day, month, weekday.replace(/\d/g, (number) => String(Number(number) - 1))].join(' ');
}
