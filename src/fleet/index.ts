// Workers: discovery, health, load, lifecycle, local processes; chooses none.
export type { BreakerPhase } from "./breaker.ts";
export { armWorkers } from "./arm-workers.ts";
export type { ChangingFleet, Fleet } from "./fleet.ts";
export { reapLeftovers } from "./leftover-processes.ts";
export { type DeviceClaim, type DeviceLedger, deviceLedger } from "./launcher/device-ledger.ts";
export { type LaunchLimits, stopLimit } from "./launcher/launch-limits.ts";
export { type GpuDevice, type GpuList, listGpus, parseNvidiaSmi } from "./launcher/nvidia-smi.ts";
export type { DeviceLease, ProcessSpec } from "./launcher/process-spec.ts";
export { putToSleep, wakeUp } from "./launcher/sleep-mode.ts";
export { type LocalProcess, type LocalProcessOptions, localProcess, type ProcessPhase } from "./local-process.ts";
export type { LoadEntry } from "./load-entry.ts";
export { type LoadLedger, loadLedger } from "./load-ledger.ts";
export type { Mismatch } from "./mismatches.ts";
export { type FleetOptions, startFleet } from "./start-fleet.ts";
export type { KvEventSource, LegOutcome, Role, Worker, WorkerFacts, WorkerGauges, WorkerState } from "./worker.ts";
export { connectTls } from "./connect-tls.ts";
export { NO_LOAD, type RunningAnswer, type WorkerLoad } from "./worker-load.ts";
export type { WorkerSpec, WorkerTls } from "./worker-spec.ts";
