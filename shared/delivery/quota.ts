import type { Step } from './steps.ts';

/** Refuses a message that would take a store over its hard quota (manual 5.7). The store checks again under its lock. */
export const refuseFullStores: Step = async (_context, delivery, undecided) => {
  const full = undecided.filter(
    ({ hardQuota, storeSize }) => hardQuota > 0 && storeSize + delivery.source.size > hardQuota,
  );
  return new Map(full.map((recipient) => [recipient, { kind: 'refused', reason: 'store-full' }]));
};
