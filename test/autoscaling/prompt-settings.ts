// Settings of a pool that acts at once: nothing is stabilised, a worker is up within a second.
import type { ScaleSettings } from "../../src/autoscaling/index.ts";
import { loadProfile, profileNames, stepCost } from "../../src/model/index.ts";

export const COST = stepCost(loadProfile(profileNames()[0] ?? ""));

export const PROMPT_SETTINGS: ScaleSettings = {
  mode: { kind: "slo" },
  minReplicas: 1,
  maxReplicas: 16,
  slo: { ttftP99Ms: 2000, itlP99Ms: 100 },
  headroom: 0.9,
  startupMs: 1000,
  intervalMs: 1000,
  stabilisationMs: 0,
  upStep: 4,
  staleMs: 30_000,
  worker: { role: "both", cost: COST, maxSequences: 256 },
};
