// Lets the threads of a process that work for long stand behind the one that everybody waits for.
import { getPriority, setPriority } from "node:os";

/** In nice's steps: a tenth of what the event loop gets where both want the same core, all of it otherwise. */
const STEPS = 10;
const LOWEST = 19;

/** Of the calling thread. Only Linux gives each thread a priority of its own; elsewhere nothing happens. */
export function yieldThread(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(Math.min(LOWEST, getPriority() + STEPS));
  } catch {
    // A sandbox may forbid it; the work is the same.
  }
}
