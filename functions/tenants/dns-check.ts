import type { Resolver } from 'node:dns/promises';
import type { DnsRecord } from './dns-records.ts';

/** The look-ups of a check. */
export type Dns = Pick<Resolver, 'resolveMx' | 'resolveTxt' | 'resolveCname' | 'resolveSrv'>;

export interface CheckedRecord extends DnsRecord {
  /** `other`: something else is published there; `unknown`: the lookup failed. */
  published: 'yes' | 'no' | 'other' | 'unknown';
  /** The values that DNS has now. */
  found: string[];
}

/** Errors that mean that the record does not exist. */
const ABSENT = new Set(['ENOTFOUND', 'ENODATA']);

/** Looks up every record. Never throws. */
export const checkRecords = (records: readonly DnsRecord[], dns: Dns): Promise<CheckedRecord[]> =>
  Promise.all(
    records.map(async (record): Promise<CheckedRecord> => {
      try {
        const found = await lookUp(record, dns);
        return { ...record, published: verdict(record, found), found };
      } catch (error) {
        const code = String((error as { code?: unknown }).code ?? '');
        return { ...record, published: ABSENT.has(code) ? 'no' : 'unknown', found: [] };
      }
    }),
  );

/** The published values, in the form of a record's value. */
async function lookUp({ type, name }: DnsRecord, dns: Dns): Promise<string[]> {
  switch (type) {
    case 'MX':
      return (await dns.resolveMx(name)).map(({ priority, exchange }) => `${priority} ${exchange}.`);
    case 'TXT':
      // RFC 7208 §3.3: the strings of one record belong together, without anything between them.
      return (await dns.resolveTxt(name)).map((strings) => strings.join(''));
    case 'CNAME':
      return (await dns.resolveCname(name)).map((target) => `${target}.`);
    case 'SRV':
      return (await dns.resolveSrv(name)).map(
        ({ priority, weight, port, name: target }) => `${priority} ${weight} ${port} ${target}.`,
      );
  }
}

function verdict({ type, value }: DnsRecord, found: readonly string[]): 'yes' | 'no' | 'other' {
  const wanted = normal(value);
  if (found.some((entry) => normal(entry) === wanted)) return 'yes';
  // A name may have several TXT records: only one of the same kind conflicts.
  const kind = type === 'TXT' ? (/^v=\w+/i.exec(value)?.[0].toLowerCase() ?? '') : '';
  return found.some((entry) => normal(entry).startsWith(kind)) ? 'other' : 'no';
}

const normal = (text: string): string => text.toLowerCase().replace(/\s+/g, ' ').trim();
