// The limits of a worker process: how long it may start, hang, end, how often it may die, how large its log may get.
import type { CrashRule } from "./crash-loop.ts";
import type { LogRule } from "./worker-log.ts";

export interface LaunchLimits {
  /** From the start to the first answer of its API. */
  readonly startupMs: number;
  /** Without an answer of its API, once it had answered; 0 = any time. */
  readonly hangMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly stopMs: number;
  readonly crash: CrashRule;
  readonly log: LogRule;
}

/** What vLLM itself needs after its own `--shutdown-timeout` to let the GPU go. */
const LEAVING_MS = 10_000;

/** `shutdownMs`: what the worker was told to give its running requests. */
export function stopLimit(shutdownMs: number): number {
  return shutdownMs + LEAVING_MS;
}

export const LAUNCH_LIMITS: LaunchLimits = {
  // A 70B model read from a network disk; also vLLM's own VLLM_ENGINE_READY_TIMEOUT_S.
  startupMs: 600_000,
  hangMs: 120_000,
  stopMs: stopLimit(20_000),
  crash: { deaths: 5, windowMs: 600_000 },
  log: { bytes: 16_777_216, files: 4 },
};
