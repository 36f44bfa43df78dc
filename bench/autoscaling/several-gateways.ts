// Four gateways against one that knows all, with their in-flight load shared and without.
import { loadProfile } from "../../src/model/index.ts";
import { runScenario } from "../../src/simulator/index.ts";
import type { Trace } from "../../src/workload/index.ts";
import { NOISE, POLICY } from "./setting.ts";
import { MOONCAKE, readTrace } from "./traffic.ts";

export interface GatewaysRow {
  readonly arm: string;
  readonly goodput: number;
  readonly ttftP99Ms: number;
  readonly hitRate: number;
}

const SEEDS = ["1", "2"];

const ARMS = [
  { arm: "one gateway that knows all", gateways: 1, shareLoadsMs: 0 },
  { arm: "four, load shared every 100 ms", gateways: 4, shareLoadsMs: 100 },
  { arm: "four, nothing shared", gateways: 4, shareLoadsMs: 0 },
];

export function severalGateways(): GatewaysRow[] {
  return gatewayRows(readTrace(MOONCAKE), SEEDS, { workers: 8, speed: 1.4 });
}

export function gatewayRows(
  trace: Trace,
  seeds: readonly string[],
  { workers, speed }: { readonly workers: number; readonly speed: number },
): GatewaysRow[] {
  const profile = loadProfile("qwen3-32b-h200-tp2-bf16");
  return ARMS.map(({ arm, ...several }) => {
    const results = seeds.map((seed) =>
      runScenario({
        profiles: Array.from({ length: workers }, () => profile),
        trace,
        policy: POLICY,
        speed,
        seed,
        noise: NOISE,
        stalenessMs: 0,
        concurrency: undefined,
        staggerMs: 0,
        warmUpMs: 0,
        slo: { ttftMs: 5000, ttftTimesUnloaded: 3, tpotMs: 100 },
        ...several,
      }),
    );
    const mean = (of: (one: (typeof results)[number]) => number): number =>
      results.reduce((sum, one) => sum + of(one), 0) / results.length;
    return {
      arm,
      goodput: mean(({ summary }) => summary.goodputFraction),
      ttftP99Ms: mean(({ summary }) => summary.ttftMs.p99),
      hitRate: mean(({ summary }) => summary.hitRate),
    };
  });
}
