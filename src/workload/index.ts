// Traces, arrivals, sessions, the client harness and the definitions of what it measures.
export { type ArrivalProcess, arrivalTimes } from "./arrivals.ts";
export { type ParseTraceOptions, parseTrace } from "./parse-trace.ts";
export { TRACE_PRESETS, type TracePreset, type TracePresetName } from "./presets.ts";
export { type SyntheticTraceOptions, syntheticTrace } from "./synthetic-trace.ts";
export type { SkippedRow, Trace, TraceRow } from "./trace-row.ts";
export { type TraceStatistics, traceStatistics } from "./trace-statistics.ts";
