// What the gateway knows of a simulated worker, its step model, and the noise of its steps.
import { seededRandom } from "../core/index.ts";
import { stepNoise } from "../engine/offline.ts";
import { loadLedger, type Role, type Worker } from "../fleet/offline.ts";
import { type EngineProfile, type StepCost, stepCost } from "../model/index.ts";

/** A step model remembers what it has computed: workers of one profile share it. */
const costs = new WeakMap<EngineProfile, StepCost>();

export function sharedCost(profile: EngineProfile): StepCost {
  let cost = costs.get(profile);
  if (cost === undefined) costs.set(profile, (cost = stepCost(profile)));
  return cost;
}

/** Factors of the steps of one worker. */
export function workerNoise(seed: string, worker: number, sigma: number): () => number {
  return stepNoise(seededRandom(`${seed} step noise ${worker}`), sigma);
}

interface FacedWorker {
  readonly number: number;
  readonly profile: EngineProfile;
  readonly role?: Role | undefined;
}

export function workerFace({ number, profile, role = "both" }: FacedWorker, cost: StepCost): Worker {
  const { blockSize, kvBlocks, maxSequences } = profile.limits;
  return {
    id: workerId(number),
    deployment: "simulation",
    model: profile.model.name,
    role,
    origin: "",
    basePath: "",
    key: undefined,
    tls: undefined,
    labels: {},
    state: "ready",
    facts: {
      version: undefined,
      servedModels: [profile.model.name],
      maxModelLen: profile.maxModelLength,
      blockSize,
      kvBlocks,
      kvEvents: undefined,
    },
    gauges: undefined,
    ledger: loadLedger(),
    cost,
    maxSequences,
  };
}

/** Of equal width, so that the order of ids is that of the numbers. */
export function workerId(number: number): string {
  return `w${String(number).padStart(4, "0")}`;
}
