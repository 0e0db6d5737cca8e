import type { Database } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';
import type { Clock } from '../../platform/clock.ts';
import { audit } from './audit-log.ts';
import { makeDkimKey, storeDkimKey } from './dkim-keys.ts';
import { claimsToCheck, type DomainClaim, dropOldClaims, markChecked, proveDomain } from './domain-claims.ts';
import { challengeName, challengeValue } from './domain-names.ts';

/** The DNS look-up of a proof. */
export interface TxtLookup {
  resolveTxt(name: string): Promise<string[][]>;
}

export interface VerifyContext {
  db: Database;
  clock: Clock;
  dns: TxtLookup;
}

/** The result of checking a claim. `absent`: the record is not published; `unknown`: the lookup failed; `gone`: the claim no longer exists. */
export type ClaimResult = 'proved' | 'absent' | 'unknown' | 'gone';

/** Errors that mean that the record does not exist (RFC 1035 §4.1.1 NXDOMAIN, or no record of the type). */
const ABSENT = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Looks up the token of a claim and, when it is published, turns the claim into a domain of the tenant with a DKIM key.
 * Throws COLLISION when another tenant has the domain, or one above or below it.
 */
export async function verifyDomain(
  { db, clock, dns }: VerifyContext,
  claim: DomainClaim,
  actor: string,
): Promise<ClaimResult> {
  const published = await isPublished(dns, claim);
  if (published !== 'proved') {
    await markChecked(db, claim, clock());
    return published;
  }
  const key = await makeDkimKey();
  return inTransaction(db, async (tx) => {
    if (!(await proveDomain(tx, claim))) return 'gone';
    await storeDkimKey(tx, clock, claim.tenant, claim.name, key);
    await audit(tx, claim.tenant, { at: clock(), actor, action: 'domain.verify', object: claim.name });
    return 'proved';
  });
}

async function isPublished(dns: TxtLookup, { name, token }: DomainClaim): Promise<'proved' | 'absent' | 'unknown'> {
  try {
    const records = await dns.resolveTxt(challengeName(name));
    // RFC 7208 §3.3: the strings of one record belong together, without anything between them.
    return records.some((strings) => strings.join('').trim() === challengeValue(token)) ? 'proved' : 'absent';
  } catch (error) {
    return ABSENT.has(String((error as { code?: unknown }).code ?? '')) ? 'absent' : 'unknown';
  }
}

const DAY_MS = 86_400_000;
/** How long a claim waits for its proof. */
const CLAIM_LIFETIME_MS = 30 * DAY_MS;
const BATCH = 50;

/**
 * Checks all claims once, as long as there is time, and deletes those that are too old. A claim that
 * fails does not stop the others. `onError` gets COLLISION as well: the proof is published, but another tenant has the domain.
 */
export async function checkClaims(
  context: VerifyContext,
  timeLeft: () => boolean,
  onError: (claim: DomainClaim, error: unknown) => void,
): Promise<{ proved: string[]; checked: number; dropped: number }> {
  const { db, clock } = context;
  const started = clock();
  const dropped = await dropOldClaims(db, started - CLAIM_LIFETIME_MS);
  const proved: string[] = [];
  let checked = 0;
  while (timeLeft()) {
    const claims = await claimsToCheck(db, started, BATCH);
    if (claims.length === 0) break;
    await Promise.all(
      claims.map(async (claim) => {
        try {
          if ((await verifyDomain(context, claim, 'schedule')) === 'proved') proved.push(claim.name);
        } catch (error) {
          onError(claim, error);
          await markChecked(db, claim, clock());
        }
      }),
    );
    checked += claims.length;
  }
  return { proved, checked, dropped };
}
