// A report before it is rendered: sections of sentences, tables, plots and meters.
import type { PlotOptions } from "../../workload/index.ts";

export interface ReportTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface ReportMeter {
  readonly name: string;
  /** 0…1 of the way to a rollback. */
  readonly way: number;
  readonly text: string;
}

export interface ReportSection {
  readonly title: string;
  readonly lines?: readonly string[];
  readonly table?: ReportTable;
  readonly plot?: PlotOptions;
  readonly meters?: readonly ReportMeter[];
  /** Shown as it is: JSON. */
  readonly code?: string;
}

export interface ReportDocument {
  readonly title: string;
  readonly subtitle: string;
  /** The state in one word or two, and whether it is good. */
  readonly banner: { readonly text: string; readonly tone: "good" | "bad" | "open" };
  readonly sections: readonly ReportSection[];
}
