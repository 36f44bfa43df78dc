// How many workers a pool should have: pure decisions with their inputs, alternatives and reasons.
export {
  decideScale,
  type Decided,
  NEW_SCALE_STATE,
  type ScaleCause,
  type ScaleContext,
  type ScaleDecision,
  type ScaleState,
} from "./decide-scale.ts";
export { type AnswerLengths, answerLengths } from "./answer-shape.ts";
export { type LatencyWindow, latencyWindow } from "./latency-window.ts";
export type { Demand, Latency, PoolSample, WorkerSeen } from "./pool-sample.ts";
export { usualStabilisation } from "./stabilisation.ts";
export { predictLatency } from "./predict-latency.ts";
export type { ScaleMode, ScaleSettings, ScheduleEntry, Threshold, WorkerCapacity } from "./scale-settings.ts";
export {
  readScaleRecords,
  type RecordedSettings,
  replayed,
  type ScaleRecord,
  settingsOf,
  type WorkerNote,
} from "./scale-record.ts";
export { type PlacementModel } from "./placement/placement-problem.ts";
export { planPlacement } from "./placement/plan-placement.ts";
export { kneeRate } from "./pool-capacity.ts";
