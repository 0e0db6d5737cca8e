import type { IConstruct } from 'constructs';

/**
 * Whether port 236, Kopano's protocol without TLS, is open within the network, for a web mail or a Z-Push of the provider's own that cannot
 * do TLS: `-c plainSoap=inside`. Otherwise it is closed. The world never gets it.
 */
export function plainSoapInside(scope: IConstruct): boolean {
  const value: unknown = scope.node.tryGetContext('plainSoap') ?? 'off';
  if (value !== 'off' && value !== 'inside') throw new Error(`plainSoap is ${String(value)}; it can be off or inside`);
  return value === 'inside';
}
