// `npm run bench:quality`: how good kv_aware's choices are beside every rival policy's; `--out FILE` keeps it as JSON.
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { parseArgs } from "node:util";
import { thisMachine } from "../lib/machine.ts";
import {
  CONVERSATION,
  measureHard,
  measureOthers,
  measureRival,
  measureStale,
  type QualityReport,
  readTrace,
  RIVALS,
  type RivalQuality,
} from "./quality-report.ts";
import { qualitySection } from "./quality-section.ts";

const { values } = parseArgs({
  options: {
    trace: { type: "string", default: CONVERSATION },
    profile: { type: "string", default: "qwen3-32b-h200-tp2-bf16" },
    workers: { type: "string", default: "8" },
    speed: { type: "string", default: "1.5" },
    seeds: { type: "string", default: "3" },
    staleness: { type: "string", default: "50" },
    noise: { type: "string", default: "0.1" },
    limit: { type: "string" },
    only: { type: "string" },
    out: { type: "string" },
  },
});

const machine = thisMachine();
const whole = readTrace(values.trace);
const trace = { ...whole, rows: whole.rows.slice(0, values.limit === undefined ? undefined : Number(values.limit)) };
const setup = {
  profile: values.profile,
  workers: Number(values.workers),
  speed: Number(values.speed),
  stalenessMs: Number(values.staleness),
  noise: Number(values.noise),
  seeds: Number(values.seeds),
};
const names = Object.keys(RIVALS).filter((name) => values.only === undefined || values.only.split(",").includes(name));
const rivals = names.map((name): RivalQuality => {
  const one = measureRival(trace, setup, name);
  process.stderr.write(`${one.best.policy}: ${(100 * one.best.goodput).toFixed(2)} % good\n`);
  return one;
});
const best = rivals
  .map((one) => one.best)
  .toSorted((a, b) => b.goodput - a.goodput)
  .map(({ policy }) => policy);
const report: QualityReport = {
  machine,
  setup: { ...setup, trace: basename(values.trace), requests: trace.rows.length },
  rivals,
  stale: measureStale(trace, setup),
  others: measureOthers(setup, best.slice(0, 4)),
  hard: measureHard(setup, best),
};
process.stdout.write(`${qualitySection(report)}\n`);
if (values.out !== undefined) {
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(report, null, 1)}\n`);
}
