// `npm run bench:simulator`: simulated requests a second, start-up of the process included; `--out FILE` keeps them as JSON.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { thisMachine } from "../lib/machine.ts";
import { CONVERSATION } from "./quality-report.ts";
import { type SpeedReport, type SpeedRun, speedSection } from "./speed-section.ts";

const { values } = parseArgs({
  options: {
    trace: { type: "string", default: CONVERSATION },
    policies: { type: "string", default: "kv_aware,round_robin" },
    rounds: { type: "string", default: "5" },
    out: { type: "string" },
  },
});

const machine = thisMachine();
/** Sources are stripped and compiled once, as those of a package are; the first run fills the cache and does not count. */
const cache = mkdtempSync(join(tmpdir(), "switchgear-bench-"));
const rounds = Number(values.rounds);
let requests = 0;
timedRun("round_robin");
const runs = values.policies.split(",").map((policy): SpeedRun => {
  const timed = Array.from({ length: rounds }, () => timedRun(policy));
  const middle = (of: (one: Timed) => number): number => timed.map(of).toSorted((a, b) => a - b)[rounds >> 1] ?? 0;
  return { policy, wallMs: middle(({ wallMs }) => wallMs), cpuMs: middle(({ cpuMs }) => cpuMs), rounds };
});
rmSync(cache, { recursive: true });
const report: SpeedReport = { machine, trace: basename(values.trace), requests, runs };
process.stdout.write(`${speedSection(report)}\n`);
if (values.out !== undefined) {
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(report, null, 1)}\n`);
}

interface Timed {
  readonly wallMs: number;
  readonly cpuMs: number;
}

function timedRun(policy: string): Timed {
  const began = performance.now();
  const script = join(import.meta.dirname, "speed-run.ts");
  const text = execFileSync(process.execPath, [script, values.trace, policy], {
    encoding: "utf8",
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  });
  const { cpuMs, ...told } = JSON.parse(text) as { readonly requests: number; readonly cpuMs: number };
  requests = told.requests;
  return { wallMs: performance.now() - began, cpuMs };
}
