/** Milliseconds of this thread's own time, so that what else the machine does counts for nothing. */
export function threadTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
