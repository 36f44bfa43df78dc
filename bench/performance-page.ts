// docs/performance.md from bench/results/*.json: every number of the page comes from a run of the benchmarks here.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decisionTable } from "./lib/decision-table.ts";
import type { DecisionReport } from "./lib/decision-time.ts";
import type { Machine } from "./lib/machine.ts";
import { type AgreementReport, agreementTable } from "./aiperf/agreement.ts";
import type { ProxyReport } from "./proxy/report.ts";
import { proxyTables } from "./proxy/result-table.ts";
import { routingSection } from "./routing/section.ts";
import type { LiveReport } from "./simulator/live-report.ts";
import { liveSection } from "./simulator/live-section.ts";
import type { QualityReport } from "./simulator/quality-report.ts";
import { qualitySection } from "./simulator/quality-section.ts";
import { type ScaleReport, scaleSection, type SpeedReport, speedSection } from "./simulator/speed-section.ts";
import { shadowSection, type ShadowReport } from "./shadow/section.ts";
import type { SoakReport } from "./soak/report.ts";
import { soakSection } from "./soak/section.ts";

/** In the order of the page: the file of bench/results, and what it says. */
const SECTIONS: readonly Section[] = [
  {
    file: "routing.json",
    title: "Routing by cache against routing blindly",
    command: "npm run bench:routing -- --out bench/results/routing.json",
    what: "A recorded trace is replayed through the real gateway onto simulated workers under each algorithm.",
    render: routingSection,
  },
  {
    file: "proxy.json",
    title: "What the gateway costs beside other proxies",
    command: "sh bench/proxy/install.sh && npm run bench:proxy -- --out bench/results/proxy.json",
    what: `Mock workers and the load client run in processes of their own on the same machine. All proxies are started at once and
measured in turn within each round; ratios are taken within a round, and a target counts as met only when the whole 95 % interval
of their median is within it. Unary load: 16 connections, each sending its next request when its answer is complete. Of each prompt
four fifths were seen before, save for unique prose. Streams: 100 at a time, 100 chunks each, one per 10 ms; clients do not ask for
usage. Latency: 250 requests/s at fixed times. Logs of requests are off in all of them. Workers publish no KV events here; tracing
is off.`,
    render: (report) => withMachine(report as ProxyReport, proxyTables(report as ProxyReport)),
  },
  {
    file: "aiperf.json",
    title: "Figures of `switchgear bench` beside AIPerf's",
    command: "npm run bench:aiperf -- --out bench/results/aiperf.json",
    what: `AIPerf and the load client of \`switchgear bench\` send the same requests to the same gateway before one simulated worker that
keeps real time and caches nothing. They take turns, so each round compares two runs half a minute apart; which goes first alternates.
A figure counts as agreeing only when the whole 95 % interval of the median difference of a round, its sign left out, is within 3 %.`,
    render: (report) => withMachine(report as AgreementReport, agreementTable(report as AgreementReport)),
  },
  {
    file: "decision.json",
    title: "Time of a routing decision",
    command: "node bench/routing-decision.ts --out bench/results/decision.json",
    what: "Hashes are ready: tokenising is not part of the decision.",
    render(report) {
      const { machine, decision } = report as { machine: Machine; decision: DecisionReport };
      return withMachine({ machine }, decisionTable(decision));
    },
  },
  {
    file: "quality.json",
    title: "kv_aware's choices beside the rivals' policies",
    command: "npm run bench:quality -- --out bench/results/quality.json",
    what: `Simulated: the policies of this gateway and those of others, from their published formulas, on the same traffic. Each rival stands at its
default and at the best of the settings that were swept. No policy knows how long answers get.`,
    render: (report) => withMachine(report as QualityReport, qualitySection(report as QualityReport)),
  },
  {
    file: "simulator.json",
    title: "Speed of the simulator",
    command: "npm run bench:simulator -- --out bench/results/simulator.json",
    what: `CPU time says more than wall time where other work runs on the machine. Code is compiled before (NODE_COMPILE_CACHE), as that of a
package is stripped of its types.`,
    render: (report) => withMachine(report as SpeedReport, speedSection(report as SpeedReport)),
  },
  {
    file: "scale.json",
    title: "A thousand workers, a million requests",
    command: "npm run bench:scale -- --out bench/results/scale.json",
    what: "One process, one simulation.",
    render: (report) => withMachine(report as ScaleReport, scaleSection(report as ScaleReport)),
  },
  {
    file: "live.json",
    title: "Live and offline",
    command: "npm run bench:live -- --out bench/results/live.json",
    what: `The same requests in real time, from a load client through the gateway's process onto simulated engines, and in the simulator. Client,
gateway and engines share the machine, so live has what they cost in it.`,
    render: (report) => withMachine(report as LiveReport, liveSection(report as LiveReport)),
  },
  {
    file: "shadow.json",
    title: "Shadow traffic to a candidate that misbehaves",
    command: "npm run bench:shadow -- --out bench/results/shadow.json",
    what: `Every request is copied to a candidate that is dead, hangs, is slow, floods or crashes, and the same load goes to a gateway
without a plan before the same worker, in alternating blocks. Rise and ratio are of the two p99 of one block.`,
    render: (report) => withMachine(report as ShadowReport, shadowSection(report as ShadowReport)),
  },
  {
    file: "soak.json",
    title: "Minutes under load, thousands of connections, megabytes of prompt",
    command: "npm run soak",
    what: `Gateway, simulated engines and clients run in processes of their own on the same machine. The mixed load goes to simulated
engines that publish KV events and fail now and then; crowds and long requests go to mock workers. Heap, event loop, sockets and timers
are read inside the gateway's process by a preloaded script. The delay of the event loop is that of a timer of 1 ms; forced collections
are not counted in it. Bounded stores are made small, so that they are full when the heap is first looked at.`,
    render: (report) => withMachine(report as SoakReport, soakSection(report as SoakReport)),
  },
];

interface Section {
  readonly file: string;
  readonly title: string;
  readonly command: string;
  readonly what: string;
  /** Of the file's parsed JSON. */
  render(report: unknown): string;
}

const RESULTS = join(import.meta.dirname, "results");
const HEAD = `# Performance

Generated from bench/results/*.json by \`npm run docs\`; do not edit. Figures hold for the machine they were taken on: compare ratios,
not absolute values, and run the commands yourself.

The seed's tables have a page of their own, [tables.md](tables.md): which of their cells hold, which cannot and why, and what utilisation means here.
[fidelity.md](fidelity.md) has the error of the simulated step times, row by row.`;

export function performancePage(folder = RESULTS): string {
  return `${[HEAD, ...SECTIONS.map((section) => sectionText(section, folder))].join("\n\n")}\n`;
}

function sectionText(section: Section, folder: string): string {
  const { file, title, command, what } = section;
  const path = join(folder, file);
  const body = existsSync(path) ? section.render(JSON.parse(readFileSync(path, "utf8"))) : "Not measured yet.";
  return `## ${title}\n\n${what}\n\n\`\`\`sh\n${command}\n\`\`\`\n\n${body}`;
}

function withMachine({ machine }: { readonly machine: Machine }, text: string): string {
  const { date, switchgear, node, cores, cpu, memoryGb, loadBefore } = machine;
  return `Measured on ${date}: switchgear ${switchgear}, Node ${node}, ${cores} cores (${cpu}), ${memoryGb} GB; load before the run ${loadBefore}.\n\n${text}`;
}
