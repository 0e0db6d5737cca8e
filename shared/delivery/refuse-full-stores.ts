import type { PlanStep } from './step.ts';

/** Refuses a message that would take a store over its hard quota (manual 5.7). The store checks again under its lock. */
export const refuseFullStores: PlanStep = async (_context, delivery, plans) =>
  plans.map((plan) => {
    const { hardQuota, storeSize } = plan.recipient;
    const full = hardQuota > 0 && storeSize + delivery.source.size > hardQuota;
    return full ? { ...plan, refusal: 'store-full' } : plan;
  });
