/** One forward step of the schema. The version before it must go on working while and after it runs. */
export interface Migration {
  number: number;
  name: string;
  statements: string[];
}
