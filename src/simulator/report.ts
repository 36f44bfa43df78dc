// Everything that one call of `simulate` found, as it is written as JSON; schema/simulationreport.schema.json.
import type { VariantComparison } from "./comparison.ts";
import type { Knee } from "./knee.ts";
import type { VariantResult } from "./sweep.ts";

export interface NamedKnee extends Knee {
  readonly name: string;
}

export interface SimulationReport {
  readonly format: 1;
  /** Ended early: what is missing was not simulated. */
  readonly partial: boolean;
  /** Rows of the trace that could not be read. */
  readonly skippedRows: number;
  readonly variants: readonly VariantResult[];
  /** Against the first variant. */
  readonly compared?: readonly VariantComparison[] | undefined;
  /** Of a search for the highest speed. */
  readonly knees?: readonly NamedKnee[] | undefined;
  /** That the search asked for, 0…1. */
  readonly goodput?: number | undefined;
}
