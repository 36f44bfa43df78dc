// Loads that admission is judged by, and what is measured of them; all on the virtual clock.
import type { PriorityClass } from "../../src/admission/index.ts";
import { percentile, seededRandom } from "../../src/core/index.ts";
import { loadProfile } from "../../src/model/index.ts";
import { policyOf } from "../../src/routing/index.ts";
import { openLoop, type PlannedSimulation, type SimulatedAdmission, simulate } from "../../src/simulator/index.ts";

export type Rule = SimulatedAdmission["rule"] | "none";

export interface Source {
  readonly tenant: string;
  readonly priority?: PriorityClass;
  readonly perSecond: number;
  readonly fromMs?: number;
}

export interface Setup {
  readonly profile: string;
  readonly workers: number;
  readonly seconds: number;
}

export interface GroupResult {
  readonly requests: number;
  readonly ttftP99Ms: number;
  /** In both promises ÷ all. */
  readonly goodput: number;
  readonly goodPerSecond: number;
  readonly rejected: number;
  /** Prompt + 2 × output tokens of what ended while it was measured, whenever it came. */
  readonly served: number;
}

export const SLO = { ttftMs: 2000, itlMs: 50 };
/** The first seconds fill the workers. */
const WARM_UP_SHARE = 0.1;

/** Poisson arrivals; lengths log-normal around 700 and 180 tokens. */
export function plan(sources: readonly Source[], seconds: number, seed: string): PlannedSimulation[] {
  let unit = 0;
  return sources
    .flatMap(({ tenant, priority = "default", perSecond, fromMs = 0 }) => {
      const random = seededRandom(`${seed} ${tenant}`);
      const rows: PlannedSimulation[] = [];
      for (let at = fromMs + gap(); at < seconds * 1000; at += gap()) {
        const tokens = Math.round(Math.min(8000, 700 * Math.exp(0.8 * normal())));
        const outputTokens = Math.max(2, Math.round(Math.min(1000, 180 * Math.exp(0.6 * normal()))));
        const content = { tokens, unitBlocks: 1_000_000, units: Int32Array.of(unit++) };
        rows.push({ atMs: at, content, outputTokens, session: undefined, tenant, priority });
      }
      return rows;

      function gap(): number {
        return (-1000 / perSecond) * Math.log(1 - random.next());
      }
      function normal(): number {
        return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
      }
    })
    .toSorted((a, b) => a.atMs - b.atMs);
}

export interface Measured {
  of(...tenants: readonly string[]): GroupResult;
}

export function measure(
  setup: Setup,
  sources: readonly Source[],
  { rule, seed }: { rule: Rule; seed: string },
): Measured {
  const profile = loadProfile(setup.profile);
  const { requests } = simulate({
    profiles: Array.from({ length: setup.workers }, () => profile),
    policy: policyOf("kv_aware"),
    arrivals: openLoop(plan(sources, setup.seconds, seed)),
    seed,
    noise: 0.1,
    stalenessMs: 5,
    admission: rule === "none" ? undefined : { rule, queueLength: 1024, starvationMs: 10_000, ...SLO },
  });
  const [from, to] = [setup.seconds * 1000 * WARM_UP_SHARE, setup.seconds * 1000];
  return {
    of(...tenants) {
      const counted = requests.filter(
        ({ tenant, sentAt }) => sentAt >= from && (tenants.length === 0 || tenants.includes(tenant)),
      );
      const ttfts = counted
        .map(({ firstTokenAt, sentAt }) => (firstTokenAt === undefined ? undefined : firstTokenAt - sentAt))
        .filter((one) => one !== undefined)
        .toSorted((a, b) => a - b);
      const good = counted.filter(({ firstTokenAt, lastTokenAt, sentAt, maxTokens }) => {
        if (firstTokenAt === undefined || lastTokenAt === undefined) return false;
        return firstTokenAt - sentAt <= SLO.ttftMs && (lastTokenAt - firstTokenAt) / (maxTokens - 1) <= SLO.itlMs;
      }).length;
      const served = requests
        .filter(({ tenant }) => tenants.length === 0 || tenants.includes(tenant))
        .filter(({ lastTokenAt }) => lastTokenAt !== undefined && lastTokenAt >= from && lastTokenAt <= to)
        .reduce((sum, { content, maxTokens }) => sum + content.tokens + 2 * maxTokens, 0);
      return {
        requests: counted.length,
        ttftP99Ms: ttfts.length === 0 ? Number.NaN : percentile(ttfts, 99),
        goodput: good / Math.max(1, counted.length),
        goodPerSecond: (1000 * good) / (to - from),
        rejected: counted.filter(({ failure }) => failure !== undefined).length / Math.max(1, counted.length),
        served,
      };
    },
  };
}

/** Jain's index: 1 when all got as much. */
export function jain(shares: readonly number[]): number {
  const sum = shares.reduce((a, b) => a + b, 0);
  const squares = shares.reduce((a, b) => a + b * b, 0);
  return squares === 0 ? 1 : sum ** 2 / (shares.length * squares);
}
