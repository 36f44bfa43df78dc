// The benchmark's result as it is kept: what ran where, every sample, the footprint, the judged targets.
import type { Judged } from "../lib/verdict.ts";
import type { Machine } from "../lib/machine.ts";
import type { DecisionReport } from "../lib/decision-time.ts";
import type { Footprint } from "./footprint.ts";
import type { IndexMemory } from "../lib/index-memory.ts";
import type { ContenderResult } from "./rounds.ts";

export interface ProxyReport {
  readonly machine: Machine;
  readonly rounds: number;
  readonly quick: boolean;
  readonly absent: readonly { readonly name: string; readonly why: string }[];
  readonly results: readonly ContenderResult[];
  readonly footprint: Footprint | undefined;
  readonly index: IndexMemory | undefined;
  readonly decision: DecisionReport | undefined;
  readonly judged: readonly Judged[];
}
