// What a deployment says of a worker, for tests.
import type { WorkerSpec } from "../../src/fleet/index.ts";
import { loadProfile, stepCost } from "../../src/model/index.ts";

const cost = stepCost(loadProfile("llama-3.1-8b-h100-tp1-bf16"));

export function workerSpec(id: string, origin: string, more: Partial<WorkerSpec> = {}): WorkerSpec {
  return {
    id,
    deployment: "d",
    model: "m",
    aliases: ["alias"],
    role: "both",
    origin,
    basePath: "",
    key: undefined,
    tls: undefined,
    labels: {},
    cost,
    maxSequences: 64,
    maxModelLen: undefined,
    kvBlocks: undefined,
    kvEvents: undefined,
    ...more,
  };
}
