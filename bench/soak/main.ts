// `npm run soak`: mixed load for minutes, a crowd of streams and idle clients, long requests beside streams; figures go to the docs.
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { thisMachine } from "../lib/machine.ts";
import { performancePage } from "../performance-page.ts";
import { crowdPhase } from "./crowd-phase.ts";
import { mixedPhase } from "./mixed-phase.ts";
import { judgeSoak, type SoakReport } from "./report.ts";
import { soakSection } from "./section.ts";
import { stallPhase } from "./stall-phase.ts";

const { values } = parseArgs({
  options: {
    /** Of mixed load; the rest takes about three minutes more. */
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "220" },
    streams: { type: "string", default: "3000" },
    idle: { type: "string", default: "10000" },
    rounds: { type: "string", default: "8" },
    /** For trials: leaves the kept result and the docs alone. */
    out: { type: "string" },
  },
});

const ROOT = join(import.meta.dirname, "..", "..");
const ALGORITHMS = ["kv_aware", "least_loaded", "round_robin"];
const BYTES = 4_000_000;
const HOLD_SECONDS = 20;

const seconds = 60 * positive("minutes");
const machine = thisMachine();
let loadDuring = 0;
const middle = setTimeout(() => (loadDuring = loadavg()[0] ?? 0), seconds * 600);

progress(`mixed load for ${values.minutes} minutes`);
const plan = {
  algorithms: ALGORITHMS,
  seconds,
  perSecond: positive("rate"),
  samples: Math.max(10, Math.round(seconds / 10)),
};
const mixed = await mixedPhase(plan);
clearTimeout(middle);
progress("streams and idle clients");
const crowd = await crowdPhase({ idle: positive("idle"), streams: positive("streams"), holdSeconds: HOLD_SECONDS });
progress("long requests beside streams");
const stall = await stallPhase({ rounds: positive("rounds"), bytes: BYTES });

const phases = { mixed, crowd, stall };
const report: SoakReport = { machine, loadDuring, ...phases, judged: judgeSoak(phases) };
process.stdout.write(`${soakSection(report)}\n`);
const out = values.out ?? join(ROOT, "bench", "results", "soak.json");
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, `${JSON.stringify(report, rounded, 1)}\n`);
if (values.out === undefined) writeFileSync(join(ROOT, "docs", "performance.md"), performancePage());
progress(`written to ${values.out ?? "bench/results/soak.json and docs/performance.md"}`);

function positive(name: "minutes" | "rate" | "streams" | "idle" | "rounds"): number {
  const value = Number(values[name]);
  if (value > 0) return value;
  throw new RangeError(`--${name} ${values[name]}: expected a number above 0`);
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Math.round(value * 1000) / 1000 : value;
}

function progress(text: string): void {
  process.stderr.write(`soak: ${text}\n`);
}
