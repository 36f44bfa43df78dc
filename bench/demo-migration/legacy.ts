// The single simulated vLLM of the demonstration.
import { type SimulatedEngine, simulatedEngine } from "../lib/simulated-engine.ts";
import { must } from "./story.ts";

export const MODEL = "llama-70b";

export interface LegacyServer extends SimulatedEngine {
  /** Every answer takes so much longer from now on. */
  slowed(latencyMs: number): Promise<void>;
}

/** `speed`: simulated seconds a second. */
export async function legacyServer(speed: number): Promise<LegacyServer> {
  const engine = await simulatedEngine({
    model: "meta-llama/Llama-3.1-70B-Instruct",
    "served-model-name": MODEL,
    profile: "llama-3.1-70b-h100-tp2-fp8",
    "max-model-len": 32_768,
    speed,
  });
  return { ...engine, slowed: (ms) => setFaults(engine.url, { latency: { ms } }) };
}

/** In place of the faults that a simulated engine had. */
export async function setFaults(origin: string, faults: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${origin}/_sim/faults`, { method: "POST", headers, body: JSON.stringify(faults) });
  must(answer.ok, `the fault at ${origin}: ${answer.status}`);
}
