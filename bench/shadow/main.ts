// `npm run bench:shadow`: what 100 % shadow traffic to a misbehaving candidate costs the users of the primary.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { document } from "../lib/document.ts";
import { helperProcess } from "../lib/helper-process.ts";
import { thisMachine } from "../lib/machine.ts";
import { startServe } from "../lib/serve-process.ts";
import { type SteeredPlan, steeredPlan } from "../lib/steered-plan.ts";
import { startMockWorkers } from "../proxy/start-mock-workers.ts";
import { block, type Block } from "./blocks.ts";
import { MISBEHAVIOURS, type Misbehaviour } from "./candidates.ts";
import { shadowSection, type ShadowReport } from "./section.ts";

const { values } = parseArgs({
  options: {
    blocks: { type: "string", default: "20" },
    /** Of each side of a block. */
    seconds: { type: "string", default: "5" },
    rate: { type: "string", default: "200" },
    /** Seconds of the same load before each side, not measured: the other gateway had its turn, and this one's sockets have closed. */
    lead: { type: "string", default: "1" },
    /** Of the requests that are copied. */
    fraction: { type: "string", default: "1" },
    /** Misbehaviours, comma-separated. */
    only: { type: "string", default: MISBEHAVIOURS.join(",") },
    out: { type: "string" },
  },
});

const machine = thisMachine();
const workers = await startMockWorkers(1);
const load = helperProcess(join(import.meta.dirname, "..", "proxy", "load-client.ts"));
const [origin = ""] = workers.origins;
const fleet = document({
  kind: "LLMDeployment",
  name: "today",
  spec: {
    model: { name: "mock" },
    tokenizer: { source: "none" },
    routing: { algorithm: "round_robin" },
    serving: { workers: { endpoints: [{ url: origin }] } },
  },
});
const plain = await startServe(fleet);
const results: Partial<Record<Misbehaviour, readonly Block[]>> = {};
try {
  const asked = new Set(values.only.split(","));
  for (const how of MISBEHAVIOURS.filter((one) => asked.has(one))) results[how] = await measured(how);
} finally {
  await plain.stop();
  await Promise.all([load.stop(), workers.stop()]);
}
const report: ShadowReport = { machine, rate: Number(values.rate), seconds: Number(values.seconds), results };
process.stdout.write(`${shadowSection(report)}\n`);
if (values.out !== undefined) {
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(report, undefined, 1)}\n`);
}

async function measured(how: Misbehaviour): Promise<readonly Block[]> {
  const candidate = helperProcess(join(import.meta.dirname, "candidates.ts"));
  const url = await candidate.ask<string>({ origin });
  const plan = await steeredPlan([fleet, planText(url)]);
  try {
    await shadowing(plan);
    await candidate.ask({ origin, how });
    const ports = { plain: portOf(plain.data), shadowed: portOf(plan.gateway.data) };
    const [seconds, lead, perSecond] = [values.seconds, values.lead, values.rate].map(Number);
    const options = { load, ...ports, seconds: seconds ?? 0, lead: lead ?? 0, perSecond: perSecond ?? 0 };
    // Neither side is warm at first.
    await block({ ...options, seconds: 2 }, 0);
    const blocks: Block[] = [];
    for (let i = 0; i < Number(values.blocks); i++) blocks.push(await block(options, i));
    const { shadow } = await plan.status();
    if ((shadow?.sent ?? 0) === 0) throw new Error(`nothing was copied to the ${how} candidate`);
    return blocks;
  } finally {
    await plan.stop();
    await candidate.stop();
  }
}

/** What the probe finds between two mocks is not what is measured here. */
async function shadowing(plan: SteeredPlan): Promise<void> {
  await plan.migrate("start", "shadow");
  const checked = await plan.until(({ plan: { phase, version } }) => phase !== "preflight" && version > 2, 150_000);
  const failures = checked.plan.preflight?.failures ?? [];
  if (checked.plan.phase === "draft") await plan.migrate("start", "shadow", "--override", ...failures);
  await plan.until(({ shadow }) => shadow?.running === true, 150_000);
}

function planText(candidate: string): string {
  const shadow = {
    fraction: Number(values.fraction),
    repeatFraction: 0,
    coldStartSeconds: 0,
    brakeLoopLagMs: 60_000,
    brakePrimaryP99Ms: 60_000,
  };
  return document({
    kind: "MigrationPlan",
    name: "shadow",
    spec: { legacy: { deployment: "today" }, candidate: { url: candidate }, shadow },
  });
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
