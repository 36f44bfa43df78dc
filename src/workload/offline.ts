// Traces and the definitions of figures, without the client that sends requests: what simulations need.
export { jitterLengths } from "./jitter-lengths.ts";
export {
  type Distribution,
  distribution,
  distributionOf,
  type LoadSlo,
  type LoadSummary,
  summarize,
} from "./load-summary.ts";
export { parseTrace } from "./parse-trace.ts";
export type { RequestSample } from "./request-sample.ts";
export { escapeHtml, type Series, svgPlot } from "./svg-plot.ts";
export { syntheticTrace } from "./synthetic-trace.ts";
export type { Trace, TraceRow } from "./trace-row.ts";
