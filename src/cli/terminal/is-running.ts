import { readFileSync } from "node:fs";

/**
 * Whether a process still does anything. One that was killed and whose end nobody has taken note of (a zombie, as they stay in
 * containers without an init process) answers signals for ever, but holds nothing.
 */
export function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return !isOver(pid);
}

/** Linux tells the state behind the name, which may hold anything but ends with the last bracket; elsewhere it is unknown. */
function isOver(pid: number): boolean {
  try {
    return /\) [ZX] [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
