// Migration: convert, compare, judge, shift, roll back.
export {
  type Conversion,
  convert,
  type ConvertInput,
  type ConvertReport,
  type ConvertSettings,
} from "./convert/convert.ts";
export {
  CONVERT_CODES,
  type ConvertCode,
  type Disposition,
  DISPOSITIONS,
  type OptionReport,
} from "./convert/disposition.ts";
export { describeFlag, explainFlag, type FlagExplanation, releaseNamed } from "./convert/explain.ts";
export { type Form, FORMS } from "./convert/reading.ts";
export type { AnswerChoice, AnswerToken, ArmAnswer, ComparedRequest, TokenChoice, ToolCall } from "./compare/answer.ts";
export { type ComparedPair, comparePair } from "./compare/compare-pair.ts";
export type { CrossScore, ScoredToken } from "./compare/cross-score.ts";
export { readScores, scoreRequest, type ScoreRequest } from "./compare/score-request.ts";
export { topKDivergence } from "./compare/divergence.ts";
export type { Invariant } from "./compare/invariants.ts";
export { type PairTexts, pairTexts } from "./compare/pair-texts.ts";
export type { ArmMeasure, Comparison, PairRecord } from "./compare/pair-record.ts";
export { type SeedRecord, seedRecord } from "./compare/seed-record.ts";
export type { AnswerBytes } from "./compare/read-answer.ts";
export { type Blocker, type BlockerKind, blockers } from "./plan/blockers.ts";
export { completedOnRecord } from "./plan/completed-on-record.ts";
export type { NotifyKind, PlanEffect } from "./plan/effect.ts";
export type { Command, PlanEvent } from "./plan/event.ts";
export { LOG_FORMAT } from "./plan/log-codec.ts";
export { begunPlan, editedParts, openLogOf } from "./plan/begun-plan.ts";
export { openPlanLog, type PlanLog } from "./plan/log-file.ts";
export type { LogRecord } from "./plan/log-codec.ts";
export type { Outcome, Refusal } from "./plan/outcome.ts";
export {
  makePlan,
  type MigrationPlan,
  type PlanSettings,
  type PlanStep,
  type PlanTarget,
  SEED_SCHEDULE,
} from "./plan/plan.ts";
export { planRunner, type PlanRunner, type PlanRunnerOptions } from "./plan/plan-runner.ts";
export { readPlan } from "./plan/read-plan.ts";
export { reduce } from "./plan/reduce.ts";
export { replay } from "./plan/replay.ts";
export { type GateReport, initialState, type Phase, type PlanState, type ShadowVerdict } from "./plan/state.ts";
export { planStatus, type PlanStatus } from "./plan/status.ts";
export type { DetectorKind, RollbackDesign } from "./rollback/design.ts";
export {
  addCounts,
  type ArmCounts,
  type Evidence,
  type Interval,
  NO_COUNTS,
  type TriggerName,
  type WindowCount,
} from "./rollback/evidence.ts";
export { legCounter, type LegCounter, type LegCounterOptions } from "./rollback/leg-counter.ts";
export type { LegOutcome } from "./rollback/leg-outcome.ts";
export { ROLLBACK_COMPLETE } from "./rollback/seed-rule.ts";
export { measuredBaseline, ttftThreshold, type TtftThreshold } from "./rollback/ttft-threshold.ts";
export { type WatchMeters, watchMeters } from "./rollback/watch.ts";
export { actualShare, type ActualShare, type ShareReading } from "./split/actual-share.ts";
export { type Arm, clampWeight, sessionSplit, type Split, type SplitRequest } from "./split/split.ts";
export { weightedChoice, type WeightedOption } from "./split/weighted-choice.ts";
export type { Gate } from "./verdict/gate.ts";
export type { DivergenceReport } from "./verdict/divergence-report.ts";
export { judgePairs, type Verdict } from "./verdict/judge-pairs.ts";
export { judgeStep } from "./verdict/judge-step.ts";
export { seedReport, type SeedReport } from "./verdict/seed-report.ts";
export type { ShadowFacts, VerdictLimits, VerdictOptions } from "./verdict/verdict-options.ts";
export type {
  ArmStatus,
  AuditEntry,
  AuditPoint,
  CommandRequest,
  HistoryEntry,
  LiveGate,
  MigrationReport,
  MigrationStatus,
  SeriesPoint,
  ShadowStatus,
} from "./status.ts";
export type { ProbeArm } from "./probe/arm-client.ts";
export type { KvEventListener } from "./probe/context.ts";
export { kvEventListener } from "./probe/kv-event-listener.ts";
export type { ProbeCheck, ProbeResult } from "./probe/probe-check.ts";
export { type ProbeOptions, runProbe } from "./probe/run-probe.ts";
export { type ArmSeries, armSeries, type ArmSeriesOptions } from "./report/arm-series.ts";
export { renderHtml } from "./report/render-html.ts";
export { renderMarkdown } from "./report/render-markdown.ts";
export { type JsonReport, reportDocument, reportJson } from "./report/report-document.ts";
export { statusText } from "./report/status-text.ts";
export type { ArmBehaviour } from "./rehearse/arm-behaviour.ts";
export { rehearsalReport } from "./rehearse/rehearsal-report.ts";
export { type Rehearsal, rehearse, type RehearsalOptions } from "./rehearse/rehearse.ts";
