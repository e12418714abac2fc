/**
 * What a clock on two idle cores would show at the least: the processor time of the main thread, or half that of all.
 * For machines that are busy with something else.
 */
export function processorMs(): number {
  const main = process.threadCpuUsage();
  const all = process.cpuUsage();
  return Math.max(main.user + main.system, (all.user + all.system) / 2) / 1000;
}
