// Traces, arrivals, sessions, the client harness and the definitions of what it measures.
export { type ArrivalProcess, arrivalTimes } from "./arrivals.ts";
export { type ParseTraceOptions, parseTrace } from "./parse-trace.ts";
export { TRACE_PRESETS, type TracePreset, type TracePresetName } from "./presets.ts";
export { type SyntheticTraceOptions, syntheticTrace } from "./synthetic-trace.ts";
export { type ShapedTraceOptions, shapedTrace } from "./shaped-trace.ts";
export type { SkippedRow, Trace, TraceRow } from "./trace-row.ts";
export { type TraceStatistics, traceStatistics } from "./trace-statistics.ts";
export { type LoadClient, type LoadClientOptions, loadClient, type PlannedRequest } from "./load-client.ts";
export { type LoadReport, loadReport } from "./load-report.ts";
export { type Distribution, distribution, type LoadSlo, type LoadSummary, summarize } from "./load-summary.ts";
export { loadTable } from "./load-table.ts";
export type { RequestSample } from "./request-sample.ts";
export { type LoadRun, runLoad } from "./run-load.ts";
export { runSessions, type SessionsRun } from "./sessions.ts";
export { escapeHtml, type PlotOptions, type Series, svgPlot } from "./svg-plot.ts";
export { type SyntheticPlanOptions, syntheticPlan } from "./synthetic-plan.ts";
export { tracePlan, type TracePlanOptions } from "./trace-plan.ts";
