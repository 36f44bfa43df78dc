// The event loop on a virtual clock, worlds, sweeps, result tables and plots.
export { type ArrivalSource, closedLoop, type ClosedLoopOptions, openLoop } from "./arrivals-source.ts";
export { type ContentOptions, type PlannedSimulation, traceContents } from "./contents.ts";
export { simulate, type SimulationOptions, type SimulationRun } from "./simulation.ts";
export {
  type ResultContext,
  type SimulationResult,
  simulationResult,
  type SimulationSlo,
  type WorkerResult,
} from "./simulation-result.ts";
