// What other set-ups would do with the same load. The simulator answers it through this interface when it is given.
import type { Evidence, Slo } from "./evidence.ts";

export type WhatIfSetUp = "stay" | "tuned flags" | "+1 node round robin" | "+1 node kv_aware" | "disaggregated";

export interface WhatIfRow {
  readonly setUp: WhatIfSetUp;
  /** 0…1 */
  readonly goodput: number;
  readonly ttftP99Ms: number;
  readonly gpus: number;
  /** Share of prompt tokens found in a cache, 0…1. */
  readonly cachedShare?: number | undefined;
  /** GPU hours for a million output tokens, idle time included. */
  readonly gpuHoursPerMillionTokens?: number;
  /** With a price of a GPU hour. */
  readonly costPerMillionTokens?: number;
}

export type WhatIf =
  | { readonly ran: true; readonly rows: readonly WhatIfRow[]; readonly assumptions: readonly string[] }
  | { readonly ran: false; readonly why: string };

export type WhatIfRunner = (evidence: Evidence, slo: Slo) => Promise<WhatIf>;

const NOT_RUN = "what-if was not run: --profile names the engine that the simulator takes for the server";

export async function whatIf(run: WhatIfRunner | undefined, evidence: Evidence, slo: Slo): Promise<WhatIf> {
  return run === undefined ? { ran: false, why: NOT_RUN } : run(evidence, slo);
}
