// The simulated vLLM: scheduler, block manager and the HTTP server that speaks what vLLM speaks.
export type { EngineCoreOptions } from "./core/core-options.ts";
export { engineCore } from "./core/engine-core.ts";
export type { KvRole, LoadFailurePolicy, TransferStats } from "./core/kv-transfer.ts";
export { stepNoise } from "./core/step-noise.ts";
export type { SchedulingPolicy } from "./core/waiting-queue.ts";
export type { HeldChanges } from "./core/unit-copies.ts";
export type { EngineCore, EngineStats, OfflineCore, OpenStep, StepPlan, StepSink } from "./engine-core.ts";
export {
  type LiveEngine,
  type LiveEngineOptions,
  startLiveEngine,
  type StepListener,
  type StepReport,
  type TokenListener,
} from "./live-engine.ts";
export type { EngineRequest, FinishReason, PromptContent, RemotePrompt, TokenOutput } from "./sequence.ts";
export { parseLoraModule } from "./api/lora-modules.ts";
export type { EngineOptions } from "./engine-options.ts";
export { type FaultSpec, parseFaultText } from "./ops/fault-spec.ts";
export { type KvEventsConfig, parseKvEventsConfig } from "./ops/kv-events-config.ts";
export { type KvTransferConfig, parseKvTransferConfig } from "./transfer/kv-transfer-config.ts";
export { type EngineParts, type EngineServer, startEngineServer } from "./server.ts";
