import type { Migration } from '../migration.ts';

const TABLE = 'ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** Domains that a tenant says are its own, until it has proved it; `domains` keeps those that are proved, or that the provider vouches for. */
export const domainClaims: Migration = {
  number: 14,
  name: 'domain-claims',
  statements: [
    // Several tenants may claim one domain: a claim takes nothing from anybody.
    `CREATE TABLE \`domain_claims\` (
      \`tenant_id\` INT UNSIGNED NOT NULL,
      \`name\` VARCHAR(255) NOT NULL,
      \`token\` VARCHAR(64) NOT NULL,
      \`created_at\` BIGINT NOT NULL,
      \`checked_at\` BIGINT NOT NULL DEFAULT 0,
      PRIMARY KEY (\`tenant_id\`, \`name\`),
      KEY \`domain_claims_checked\` (\`checked_at\`)
    ) ${TABLE}`,
    // proved_by: dns, provider, or unknown for a domain that was there before proof was asked for.
    // reversed: what is below a domain has its reversed name as a prefix.
    `ALTER TABLE \`domains\` ADD COLUMN \`proved_by\` VARCHAR(16) NOT NULL DEFAULT 'unknown'`,
    `ALTER TABLE \`domains\` ADD COLUMN \`reversed\` VARCHAR(255) GENERATED ALWAYS AS (REVERSE(\`name\`)) STORED`,
    `ALTER TABLE \`domains\` ADD KEY \`domains_reversed\` (\`reversed\`)`,
  ],
};
