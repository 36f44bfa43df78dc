// docs/reliability.md, written from one run of the fault suite.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { thisMachine } from "../../bench/lib/machine.ts";
import type { RunResult } from "./run.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PAGE = join(ROOT, "docs", "reliability.md");
const RESULT = join(ROOT, "bench", "results", "faults.json");

export function writePage(result: RunResult): void {
  // What the page is made from, for who wants to know more.
  writeFileSync(RESULT, `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(PAGE, pageOf(result));
}

function pageOf(result: RunResult): string {
  const { verdicts, faults } = result;
  const struck = Object.values(faults).reduce((sum, one) => sum + one, 0);
  const rows: readonly (readonly [string, string | number])[] = [
    ["Requests", result.requests],
    ["Faults", struck],
    ["Lost: without an end", verdicts.lost],
    ["Doubled, reordered or another's tokens", verdicts.wrong],
    ["Whole and exact", verdicts.exact],
    ["of them continued at another worker", result.continued],
    ["Failed cleanly: an error instead of an answer", verdicts.refused],
    ...Object.entries(result.refusals).map(([what, count]) => [`of them \`${what}\``, count] as const),
    ["Failed cleanly: a stream that ended with an error event", verdicts.ended],
    ["Failed cleanly: a whole body whose connection was cut", verdicts.cut],
    ["Corrupted between worker and gateway, relayed as it came", verdicts.corrupt],
    ["Clients that left", verdicts.left],
    ["Retries", result.retried],
    ["Circuit breakers that opened", result.breakersOpened],
    ["From the end of the last fault to all workers ready", `${result.recoveryMs} ms`],
    ["Promises broken", result.violations.length],
  ];
  return `${HEAD}
${machineLine()}; ${result.seconds} s, seed ${result.seed}, ${result.workers} workers, ${result.clients} clients that ask without a pause.

| | |
|---|---|
${rows.map(([what, count]) => `| ${what} | ${count} |`).join("\n")}

| Fault | Times |
|---|---|
${Object.entries(faults)
  .sort(([a], [b]) => a.localeCompare(b))
  .map(([name, count]) => `| ${name} | ${count} |`)
  .join("\n")}
${result.violations.map((line) => `\n- **Broken**: ${line}`).join("")}${TAIL}`;
}

function machineLine(): string {
  const { date, switchgear, node, cores, cpu } = thisMachine();
  return `${date}, switchgear ${switchgear}, Node ${node}, ${cores} cores of ${cpu}`;
}

const HEAD = `# Reliability

This page is written by \`npm run test:faults -- --seconds 600 --write\` from one run: a real gateway process, simulated workers in processes of their
own behind proxies that spoil bytes, and clients that know the right answer to each question to its last byte.
`;

const TAIL = `

## What is held in every run

- Each request ends exactly once: the gateway's books and the clients' agree.
- A stream is exact, or it is a beginning of the right answer, an error event and \`[DONE]\`; one id, one role, one finish, one usage.
- A whole answer is exact, or an error, or its connection is cut before its end, so that nobody takes it for complete.
- No client sees bytes of another: each question has an answer of its own.
- Counters of requests in flight, tokens and bytes on workers return to zero; sockets, timers and heap of the gateway to what they were.
- Retries stay within their budget; the breaker of a worker that never failed never opens.
- All workers are ready again within 10 s of the last fault, without a restart of the gateway.

A worker that spoils its own answer under a right length, or whose wire does, is not found out: bytes pass through
([differences.md](differences.md)). Such answers are counted apart.

The gateway's log and its recording lie on a disk that is full during the whole run. A run that breaks a promise prints its seed;
\`npm run test:faults -- --seed N\` strikes with the same faults at the same times.
With \`--prefill 3\` three of the workers compute prompts for the others ([disaggregated.md](disaggregated.md)).
`;
