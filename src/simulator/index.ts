// The event loop on a virtual clock, worlds, sweeps, result tables and plots.
export type { SimulatedAdmission } from "./admission.ts";
export { type ArrivalSource, closedLoop, type ClosedLoopOptions, openLoop } from "./arrivals-source.ts";
export { compare, type MetricComparison, type VariantComparison } from "./comparison.ts";
export { type ContentOptions, type PlannedSimulation, traceContents } from "./contents.ts";
export { checkFleet } from "./check-fleet.ts";
export { checkScenario } from "./check-scenario.ts";
export { findKnee, type Knee, type KneeOptions, kneeSearch } from "./knee.ts";
export { resultPage } from "./result-page.ts";
export { resultCsv, workerTable } from "./result-table.ts";
export type { NamedKnee, SimulationReport } from "./report.ts";
export { reportText } from "./report-text.ts";
export { runScenario, type Scenario, scenarioSteps } from "./scenario.ts";
export { simulate, type SimulationOptions, type SimulationRun, type SimulationStep, type Steps } from "./simulation.ts";
export { DEFAULT_WORLD, type PlannedFailure, type World } from "./world.ts";
export {
  type ResultContext,
  type SimulationResult,
  simulationResult,
  type SimulationSlo,
  type WorkerResult,
  type WorldResult,
} from "./simulation-result.ts";
export type { SimulatedGateways } from "./gateways.ts";
export { ownRule } from "./own-rule.ts";
export { plannerRule, type PlannerRuleOptions } from "./planner-rule.ts";
export { queueRule, type QueueRuleOptions } from "./queue-rule.ts";
export type { PoolSeen, ScaleRule, ScaleWish, ScrapedWorker } from "./scale-rule.ts";
export type { ScaledPool, ScaleEvent, ScalingRecord, SimulatedScaling } from "./scaled-pools.ts";
export { isGood, type ScalingResult, scalingResult, type ScalingSlo } from "./scaling-result.ts";
export { sequenceRule, type SequenceStep } from "./sequence-rule.ts";
export { parseSweep, type Sweep, type Variant, type VariantResult, variants } from "./sweep.ts";
