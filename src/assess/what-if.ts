// What other set-ups would do with the same load. The simulator answers it through this interface when it is given.
import type { Evidence, Slo } from "./evidence.ts";

export type WhatIfSetUp = "stay" | "tuned flags" | "+1 node round robin" | "+1 node kv_aware" | "disaggregated";

export interface WhatIfRow {
  readonly setUp: WhatIfSetUp;
  /** 0…1 */
  readonly goodput: number;
  readonly ttftP99Ms: number;
  readonly gpus: number;
}

export type WhatIf =
  | { readonly ran: true; readonly rows: readonly WhatIfRow[] }
  | { readonly ran: false; readonly why: string };

export type WhatIfRunner = (evidence: Evidence, slo: Slo) => Promise<readonly WhatIfRow[]>;

const NOT_RUN = "what-if was not run: this release does not yet feed measured load to the simulator";

export async function whatIf(run: WhatIfRunner | undefined, evidence: Evidence, slo: Slo): Promise<WhatIf> {
  return run === undefined ? { ran: false, why: NOT_RUN } : { ran: true, rows: await run(evidence, slo) };
}
