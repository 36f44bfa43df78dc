// `npm run bench:aiperf`: AIPerf and our load client send the same requests to the same server in turn; do their figures agree?
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { thisMachine } from "../lib/machine.ts";
import { aiperfRun, installAiperf } from "./aiperf-run.ts";
import { type AgreementReport, agreement, agreementTable, type Workload } from "./agreement.ts";
import { ourRun } from "./our-run.ts";
import { startServers } from "./servers.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "9" },
    requests: { type: "string", default: "12" },
    /** Of two at a time one waits for whatever part of the other's prefill it meets: chance, and another in each run. */
    concurrency: { type: "string", default: "1" },
    "input-tokens": { type: "string", default: "2048" },
    "output-tokens": { type: "string", default: "24" },
    out: { type: "string" },
  },
});

const workload: Workload = {
  requests: count("requests"),
  concurrency: count("concurrency"),
  inputTokens: count("input-tokens"),
  outputTokens: count("output-tokens"),
};
const rounds = count("rounds");
const machine = thisMachine();
const python = installAiperf();
const servers = await startServers(workload);
const pairs: AgreementReport["pairs"][number][] = [];
try {
  // The requests are AIPerf's; a run whose figures are thrown away brings them, and warms up what both go through.
  const { bodies } = await aiperfRun(python, servers.url, workload);
  await ourRun(servers.url, bodies, workload);
  for (let round = 0; round < rounds; round++) {
    const theirsFirst = round % 2 === 0;
    const early = theirsFirst ? undefined : await ourRun(servers.url, bodies, workload);
    const { figures: theirs } = await aiperfRun(python, servers.url, workload);
    pairs.push({ ours: early ?? (await ourRun(servers.url, bodies, workload)), theirs });
    if (process.stderr.isTTY) process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
} finally {
  await servers.stop();
}
const report: AgreementReport = { machine, workload, pairs, judged: agreement(pairs) };
process.stdout.write(`${agreementTable(report)}\n`);
if (values.out !== undefined) {
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(report, undefined, 1)}\n`);
}
process.exitCode = report.judged.every(({ verdict }) => verdict !== "missed") ? 0 : 1;

function count(name: keyof typeof values): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`--${name} ${values[name]}: expected a count of 1 or more`);
  return value;
}
