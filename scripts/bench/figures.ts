/** One figure of a benchmark. */
export interface Figure {
  figure: string;
  value: number;
  unit: string;
  /** At least (rates) or at most (times). */
  aim?: number;
  met?: boolean;
  p50?: number;
  p99?: number;
}

/** Takes figures and prints each as a line of JSON, or all of them as a table at the end. */
export class Figures {
  private readonly figures: Figure[] = [];
  private readonly table: boolean;

  constructor(table: boolean) {
    this.table = table;
  }

  report(figure: Figure): void {
    this.figures.push(figure);
    if (!this.table) console.log(JSON.stringify(figure));
  }

  /** A rate: at least the aim. */
  rate(figure: string, count: number, ms: number, unit: string, aim?: number): void {
    const value = Math.round(count / (ms / 1000));
    this.report({ figure, value, unit, aim, met: aim === undefined ? undefined : value >= aim });
  }

  /** A time: at most the aim. */
  time(figure: string, ms: number, aim?: number): void {
    this.report({
      figure,
      value: ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms),
      unit: 'ms',
      aim,
      met: aim === undefined ? undefined : ms <= aim,
    });
  }

  /** Ends the table; whether every aim was met. */
  end(): boolean {
    if (this.table)
      for (const { figure, value, unit, aim } of this.figures)
        console.log(
          `${figure.padEnd(46)} ${String(value).padStart(9)} ${unit.padEnd(11)} ${aim === undefined ? '' : `aim ${aim}`}`,
        );
    return this.figures.every(({ met }) => met !== false);
  }
}
