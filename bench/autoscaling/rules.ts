// The rules that are compared, each with the settings that are tried of it; the first one is as its source has it.
import { stepCost } from "../../src/model/index.ts";
import { ownRule, plannerRule, queueRule, type ScaleRule } from "../../src/simulator/index.ts";
import { scaleSettings, type Setting } from "./setting.ts";
import type { SettingName } from "./settings.ts";

export const RULES = ["slo", "seed", "queue", "planner", "in flight"] as const;
export type RuleName = (typeof RULES)[number];

/** Those that the targets speak of; `in flight` is shown beside them. */
export const RIVALS: readonly RuleName[] = ["seed", "queue", "planner"];

export interface Variant {
  readonly rule: RuleName;
  readonly setting: string;
  readonly make: (setting: Setting) => ScaleRule;
}

const SEED = {
  kind: "seed",
  up: { gpuUtilization: 0.8, queueDepth: 50 },
  down: { gpuUtilization: 0.35, queueDepth: 5 },
  cooldownMs: 120_000,
} as const;

/** What is tried in a setting; a day takes so long that only what sources say is run. */
export function variantsFor(name: SettingName): readonly Variant[] {
  return name === "day"
    ? VARIANTS.filter(({ rule }, i) => VARIANTS.findIndex((one) => one.rule === rule) === i)
    : VARIANTS;
}

const VARIANTS: readonly Variant[] = [
  { rule: "slo", setting: "headroom 1", make: (setting) => ownRule(scaleSettings(setting)) },
  { rule: "seed", setting: "the seed's file", make: (setting) => ownRule(scaleSettings(setting, { mode: SEED })) },
  ...[5, 1].map((threshold) => queue("queue", threshold)),
  ...[1, 0.6].map((share) => planner(share)),
  ...[6, 10].map((threshold) => queue("in flight", threshold)),
];

function queue(rule: "queue" | "in flight", threshold: number): Variant {
  const metric = rule === "queue" ? "waiting" : "inFlight";
  return {
    rule,
    setting: `threshold ${threshold}`,
    make: ({ most }) => queueRule({ metric, threshold, minReplicas: 1, maxReplicas: most }),
  };
}

/** `share` of the objective is what it is told. */
function planner(share: number): Variant {
  return {
    rule: "planner",
    setting: share === 1 ? "its defaults" : `told ${share} × the SLO`,
    make: ({ profile, slo, most }) => {
      const { maxSequences, maxBatchedTokens } = profile.limits;
      return plannerRule({
        cost: stepCost(profile),
        maxSequences,
        maxBatchedTokens,
        slo: { ttftP99Ms: share * slo.ttftMs, itlP99Ms: share * slo.itlMs },
        minReplicas: 1,
        maxReplicas: most,
        loadLoop: false,
      });
    },
  };
}
