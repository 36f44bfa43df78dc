// `npm run bench:live`: the same requests live, unscaled, and offline; `--out FILE` keeps the figures as JSON.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { thisMachine } from "../lib/machine.ts";
import { type LiveReport, liveRound, type LiveRound } from "./live-report.ts";
import { liveSection } from "./live-section.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    requests: { type: "string", default: "150" },
    rate: { type: "string", default: "3" },
    workers: { type: "string", default: "4" },
    /** kv_aware draws among near-equal workers, so that two runs differ by more than live and offline do. */
    policy: { type: "string", default: "round_robin" },
    out: { type: "string" },
  },
});

const machine = thisMachine();
const setup = {
  profile: "qwen3-32b-h200-tp2-bf16",
  workers: Number(values.workers),
  requests: Number(values.requests),
  perSecond: Number(values.rate),
  policy: values.policy,
};
const rounds: LiveRound[] = [];
for (let round = 1; round <= Number(values.rounds); round++) {
  process.stderr.write(`round ${round}…\n`);
  rounds.push(await liveRound(setup, round));
}
const report: LiveReport = { machine, setup, rounds };
process.stdout.write(`${liveSection(report)}\n`);
if (values.out !== undefined) {
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(report, null, 1)}\n`);
}
