// The seeded schedule of faults: which worker fails when, how and for how long. The same seed gives the same plan.
import { type Random, seededRandom } from "../../src/core/index.ts";
import type { ByteFault } from "./byte-proxy.ts";

/** How a worker fails, beside the bytes on its wire. */
export type Strike =
  | { readonly kind: "kill" }
  | { readonly kind: "stop" }
  | { readonly kind: "drain" }
  | { readonly kind: "wire"; readonly fault: ByteFault }
  /** What the simulated engine does wrong itself. */
  | { readonly kind: "engine"; readonly spec: object }
  | { readonly kind: "flap" }
  /** The gateway's wall clock moves. */
  | { readonly kind: "clock"; readonly byMs: number };

export interface Fault {
  readonly name: string;
  readonly strike: Strike;
  readonly worker: number;
  readonly atMs: number;
  readonly forMs: number;
}

export interface PlanSetting {
  readonly seed: number;
  readonly durationMs: number;
  /** The first of them never fails: what it does wrong is the gateway's. */
  readonly workers: number;
}

type Make = (random: Random) => Strike;

const pick = (random: Random, low: number, high: number): number => low + Math.floor(random.next() * (high - low));
const wire =
  (make: (random: Random) => ByteFault): Make =>
  (random) => ({ kind: "wire", fault: make(random) });
const engine =
  (make: (random: Random) => object): Make =>
  (random) => ({ kind: "engine", spec: make(random) });
const error = (kind: string): Make =>
  engine((random) => ({ errors: [{ kind, rate: 0.3 + random.next() * 0.7, afterChunks: pick(random, 1, 20) }] }));

export const FAULTS: Readonly<Record<string, Make>> = {
  "kill -9": () => ({ kind: "kill" }),
  "SIGSTOP, SIGCONT": () => ({ kind: "stop" }),
  "drain, SIGTERM, restart": () => ({ kind: "drain" }),
  "connections refused": wire(() => ({ kind: "refuse" })),
  "RST after k bytes": wire((random) => ({ kind: "reset", afterBytes: pick(random, 0, 20_000) })),
  "half-open sockets": wire(() => ({ kind: "half_open" })),
  "slow drip": wire((random) => ({ kind: "drip", bytesPerSecond: pick(random, 200, 20_000) })),
  "corrupt SSE": wire(() => ({ kind: "corrupt" })),
  "content-length too long": wire((random) => ({ kind: "content_length", by: pick(random, 1, 50) })),
  "content-length too short": wire((random) => ({ kind: "content_length", by: -pick(random, 1, 50) })),
  "burst of 500": error("500"),
  "burst of 503": error("503"),
  "burst of 429": error("429"),
  "500 of a draining server": error("draining"),
  "error within the stream": error("in_band"),
  "engine process dies": engine((random) => ({ engineDeath: { afterRequests: pick(random, 1, 20) } })),
  "streams stall": engine((random) => ({ stall: { afterChunks: pick(random, 0, 30), rate: 0.3 } })),
  "streams end early": engine((random) => ({ close: { afterChunks: pick(random, 0, 30), how: "fin", rate: 0.3 } })),
  hang: engine((random) => ({ hang: { forMs: pick(random, 200, 3000) } })),
  "health flap": () => ({ kind: "flap" }),
  "KV events lost": engine(() => ({ kvEvents: { dropRate: 0.5 } })),
  "KV events stop": engine(() => ({ kvEvents: { silent: true, replaySilent: true } })),
  "garbage metrics": engine(() => ({ metrics: "garbage" })),
  "metrics fall silent": engine(() => ({ metrics: "silent" })),
  "clock jump": (random) => ({ kind: "clock", byMs: pick(random, -7_200_000, 7_200_000) }),
};

const GAP_MS = 250;
/** A process that comes back needs a moment until the next fault may strike it. */
const REST_MS = 1500;

/** At any time at most half of the workers fail, and never the first one. */
export function faultPlan({ seed, durationMs, workers }: PlanSetting): readonly Fault[] {
  const random = seededRandom(`faults ${seed}`);
  const free: number[] = Array.from({ length: workers }, () => 0);
  const faults: Fault[] = [];
  let names: string[] = [];
  for (let at = 500; at < durationMs - 2500; at += GAP_MS + random.next() * GAP_MS * 4) {
    if (names.length === 0) names = shuffled(Object.keys(FAULTS), random);
    const failing = free.filter((until) => until > at).length;
    const usable = free.flatMap((until, i) => (i > 0 && until <= at ? [i] : []));
    const worker = usable[pick(random, 0, usable.length)];
    if (failing >= Math.floor(workers / 2) || worker === undefined) continue;
    const name = names.pop() ?? "";
    const strike = FAULTS[name]?.(random);
    if (strike === undefined) continue;
    const forMs = pick(random, 300, 2500);
    free[worker] = at + forMs + REST_MS;
    faults.push({ name, strike, worker, atMs: Math.round(at), forMs });
  }
  return faults;
}

/** Each kind once before any comes again. */
function shuffled(names: readonly string[], random: Random): string[] {
  return names
    .map((name) => ({ name, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ name }) => name);
}
