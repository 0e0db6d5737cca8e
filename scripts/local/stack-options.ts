export interface StackOptions {
  /** Folder of the data that must survive a restart, and of the logs. */
  data: string;
  /** `declared`: the ports of the container definitions; `free`: any that are free. */
  ports: 'declared' | 'free';
  /** Kopano options, by their names. */
  options?: Record<string, unknown>;
  /** `address:port` of the DNS server that the programs query; absent: that of the system. */
  dnsServer?: string;
  /** Divides the visibility time-out after which a failed message is received again. */
  retryFactor?: number;
  /** False only in tests that kill no database. */
  durable?: boolean;
  progress?: (line: string) => void;
  /** Cancels the start before its next step; everything that was started is stopped again. */
  signal?: AbortSignal;
}
