// The legacy arm: a simulated vLLM that counts tokens as the model of Dynamo's mock workers does.
import { type SimulatedEngine, simulatedEngine } from "../lib/simulated-engine.ts";

/** Its answers take longer than Dynamo's on any machine, so that the test judges the machinery and not the noise. */
const LATENCY_MS = 150;

export function legacyEngine(tokenizer: string): Promise<SimulatedEngine> {
  return simulatedEngine({
    model: "Qwen/Qwen3-32B",
    "served-model-name": "qwen",
    profile: "qwen3-32b-h100-tp1-fp8",
    "max-model-len": 32_768,
    tokenizer,
    speed: 2,
    faults: { latency: { ms: LATENCY_MS } },
  });
}
