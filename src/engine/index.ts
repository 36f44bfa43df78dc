// The simulated vLLM: scheduler, block manager and the HTTP server that speaks what vLLM speaks.
export type { EngineCore, EngineStats, StepPlan } from "./engine-core.ts";
export type { EngineRequest, FinishReason, TokenOutput } from "./sequence.ts";
