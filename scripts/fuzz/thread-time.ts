/** Processor time of this thread in milliseconds, independent of other work on the machine. */
export function threadTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
