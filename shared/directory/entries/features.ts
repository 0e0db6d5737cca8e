import type { Options } from '../../platform/options.ts';

const KNOWN_FEATURES = ['imap', 'pop3', 'mobile', 'outlook', 'webapp'];

/** Manual 8.7: a feature is on unless it is disabled globally; the user's own setting overrides that. */
export function userFeatures(on: readonly string[], off: readonly string[], options: Options): Set<string> {
  const set = new Set(KNOWN_FEATURES.filter((feature) => !options.disabled_features.includes(feature)));
  for (const feature of on) set.add(feature);
  for (const feature of off) set.delete(feature);
  return set;
}

/** Reads `features_on` and `features_off`: names with spaces between them. */
export const featureNames = (text: string): string[] => text.split(' ').filter(Boolean);
