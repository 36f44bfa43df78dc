// The single simulated vLLM of the demonstration.
import { type SimulatedEngine, simulatedEngine } from "../lib/simulated-engine.ts";

export const MODEL = "llama-70b";

export interface LegacyOptions {
  /** Simulated seconds a second. */
  readonly speed: number;
  /** Added to every answer. */
  readonly latencyMs?: number;
}

export function legacyServer({ speed, latencyMs = 0 }: LegacyOptions): Promise<SimulatedEngine> {
  return simulatedEngine({
    model: "meta-llama/Llama-3.1-70B-Instruct",
    "served-model-name": MODEL,
    profile: "llama-3.1-70b-h100-tp2-fp8",
    "max-model-len": 32_768,
    speed,
    faults: { latency: { ms: latencyMs } },
  });
}
