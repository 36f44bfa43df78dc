// The engine without time and sockets: what simulations need, and loaded without the server's libraries.
export type { EngineCoreOptions } from "./core/core-options.ts";
export { engineCore } from "./core/engine-core.ts";
export type { LoadFailurePolicy, TransferStats } from "./core/kv-transfer.ts";
export { leastNoise, stepNoise } from "./core/step-noise.ts";
export type { HeldChanges } from "./core/unit-copies.ts";
export type { OfflineCore, StepSink } from "./engine-core.ts";
export type { EngineRequest, PromptContent, RemotePrompt } from "./sequence.ts";
