// Where and when figures were taken: they mean nothing without it.
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { VERSION } from "../../src/version.ts";

export interface Machine {
  /** ISO 8601, day only. */
  readonly date: string;
  readonly switchgear: string;
  readonly node: string;
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGb: number;
  /** One-minute load when the run began: above 1, other work disturbed it. */
  readonly loadBefore: number;
}

export function thisMachine(): Machine {
  return {
    date: new Date().toISOString().slice(0, 10),
    switchgear: VERSION,
    node: process.version,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    memoryGb: Math.round(totalmem() / 2 ** 30),
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}
