// `npm run bench:cluster`: how warm a gateway starts by index snapshots in etcd, and how long that takes; `--docs` writes docs/cluster.md's figures.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { etcdCluster } from "../../test/cluster/etcd-cluster.ts";
import { markdownTable } from "../lib/markdown-table.ts";
import { thisMachine } from "../lib/machine.ts";
import { reachTimes } from "./reach-times.ts";
import { snapshotTimes } from "./snapshot-times.ts";
import { warmStart } from "./warm-start.ts";

const { values } = parseArgs({
  options: {
    sessions: { type: "string", default: "300" },
    workers: { type: "string", default: "4" },
    docs: { type: "boolean", default: false },
  },
});

const { cores, cpu, date, loadBefore } = thisMachine();
const etcd = await etcdCluster();
try {
  const setting = { endpoints: etcd.endpoints, sessions: Number(values.sessions), workers: Number(values.workers) };
  const starts = await warmStart(setting);
  const reach = await reachTimes(etcd.endpoints);
  const promptTokens = Math.round(starts[0]?.promptTokens ?? 0).toLocaleString("en");
  const times = await snapshotTimes(etcd.endpoints);
  const section = [
    `${values.sessions} sessions of ${promptTokens} tokens that were served once before, asked again through each gateway; ${values.workers} simulated workers, etcd of three members on the same machine (${date}; ${cores} × ${cpu}, load ${loadBefore}).`,
    markdownTable(
      ["Gateway", "Cached tokens", "Requests with a hit", "Start until ready, ms (median of 5)"],
      starts.map(({ name, cached, hits, startMs }) => [
        name,
        `${(100 * cached).toFixed(1)} %`,
        `${(100 * hits).toFixed(1)} %`,
        startMs === undefined ? "–" : startMs.toFixed(0),
      ]),
    ),
    "Snapshots of eight workers, by blocks in all:",
    markdownTable(
      ["Blocks", "Bytes in etcd", "Write, ms", "Read and restore, ms"],
      times.map(({ blocks, bytes, writeMs, readMs }) => [
        blocks.toLocaleString("en"),
        bytes.toLocaleString("en"),
        writeMs.toFixed(0),
        readMs.toFixed(0),
      ]),
    ),
    "From one gateway until the other two know it, 200 times each:",
    markdownTable(
      ["What", "Median, ms", "Slowest, ms"],
      reach.map(({ what, medianMs, slowestMs }) => [what, medianMs.toFixed(1), slowestMs.toFixed(1)]),
    ),
  ].join("\n\n");
  process.stdout.write(`${section}\n`);
  if (values.docs) {
    const page = readFileSync("docs/cluster.md", "utf8");
    const [before, , after] = page.split(/<!-- (?:figures|end of figures) -->/);
    writeFileSync("docs/cluster.md", `${before}<!-- figures -->\n\n${section}\n\n<!-- end of figures -->${after}`);
  }
} finally {
  await etcd.close();
}
