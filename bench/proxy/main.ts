// `npm run bench:proxy`: the gateway beside a bare relay and other proxies, in interleaved rounds of one run.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { helperProcess } from "../lib/helper-process.ts";
import { measureIndex } from "../lib/index-memory.ts";
import { thisMachine } from "../lib/machine.ts";
import { measureDecisions } from "../lib/decision-time.ts";
import { cells, FULL, QUICK } from "./cells.ts";
import { contenders } from "./contenders.ts";
import { measureFootprint } from "./footprint.ts";
import type { ProxyReport } from "./report.ts";
import { proxyTables } from "./result-table.ts";
import { type ContenderResult, type Entrant, runRounds } from "./rounds.ts";
import { startMockWorkers } from "./start-mock-workers.ts";
import { judgeTargets } from "./targets.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string" },
    /** Two short rounds: shows that everything runs, not how fast. */
    quick: { type: "boolean", default: false },
    /** Contenders whose name contains one of these, separated by commas; `$` stands for a name's end. */
    only: { type: "string" },
    /** Cells whose name contains this. */
    cells: { type: "string", default: "" },
    /** Leave out memory, idle CPU, decisions and the index. */
    "rounds-only": { type: "boolean", default: false },
    out: { type: "string" },
  },
});

const NOTHING = { footprint: undefined, index: undefined, decision: undefined };

const { quick } = values;
const rounds = Number(values.rounds ?? (quick ? 2 : 9));
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds ${values.rounds}: expected a count of 1 or more`);
const machine = thisMachine();
const asked = values.only?.split(",") ?? [""];
const chosen = contenders.filter(({ name }) => asked.some((part) => `${name}$`.includes(part)));
const absent = chosen.flatMap(({ name, absent: why }) => (why === undefined ? [] : [{ name, why }]));
for (const { name, why } of absent) progress(`${name}: absent (${why})`);

const results = await measureRounds();
const measured = { results, ...(values["rounds-only"] ? NOTHING : await measureFacts()) };
const report: ProxyReport = { machine, rounds, quick, absent, ...measured, judged: judgeTargets(measured) };
process.stdout.write(`${proxyTables(report)}\n`);
if (values.out !== undefined) {
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(report, rounded, 1)}\n`);
}

async function measureRounds(): Promise<ContenderResult[]> {
  const workers = await startMockWorkers(2);
  const client = helperProcess(join(import.meta.dirname, "load-client.ts"));
  const entrants: Entrant[] = [];
  try {
    for (const one of chosen) {
      if (one.absent !== undefined) continue;
      progress(`starting ${one.name}`);
      entrants.push({ name: one.name, proxy: await one.start(workers.origins) });
    }
    const list = cells(quick ? QUICK : FULL).filter(({ name }) => name.includes(values.cells));
    return await runRounds({ entrants, cells: list, client, rounds, warmUpSeconds: quick ? 2 : 6, progress });
  } finally {
    for (const { proxy } of entrants) await proxy.stop();
    await Promise.all([client.stop(), workers.stop()]);
  }
}

async function measureFacts(): Promise<Pick<ProxyReport, "footprint" | "index" | "decision">> {
  progress("memory and CPU when idle");
  const footprint = await measureFootprint(quick ? 5 : 30);
  progress("time of a decision");
  const decision = measureDecisions({ warmUp: quick ? 200 : 2000, rounds: quick ? 500 : 5000 });
  progress("index under distinct prompts");
  return { footprint, decision, index: await measureIndex(quick ? 200_000 : 1_000_000) };
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${text}\n`);
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(6)) : value;
}
