// `npm run bench:migration`: delays and false alarms of the rollback detectors, and verdicts on identical and on worse systems, over many seeds.
import { parseArgs } from "node:util";
import { seededRandom } from "../../src/core/index.ts";
import {
  alarmsIn,
  badRequests,
  binomialDraw,
  design,
  requestsToAlarm,
  SEED_REQUESTS,
} from "../../test/migration/rollback/simulation.ts";
import { judged } from "../../test/migration/verdict/simulation.ts";

const { values } = parseArgs({
  options: {
    /** Of the healthy fortnights. */
    seeds: { type: "string", default: "30" },
    /** Of each delay. */
    delays: { type: "string", default: "200" },
    /** Of the verdicts on identical systems; a quarter of it on worse ones. */
    verdicts: { type: "string", default: "200" },
  },
});

const print = (line: string): boolean => process.stdout.write(`${line}\n`);
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i);

delays();
fortnights();
verdicts();

function delays(): void {
  const rates = [0.02, 0.05, 0.1, 0.5, 1];
  print(
    "Candidate requests from the fault to the alarm, median/p90; windows of 30, budget 1 % over the seed's schedule",
  );
  print(
    `| burst length | ${rates.map((rate) => `${rate * 100} %`).join(" | ")} | 14 days at 1 request/s, false alarms |`,
  );
  print(`|---|${rates.map(() => "---|").join("")}---|`);
  for (const burst of [1, 5, 10, 20]) {
    const cells = rates.map((rate) => {
      const found = Array.from({ length: Number(values.delays) }, (_, seed) => requestsToAlarm({ rate, burst, seed }));
      const sorted = found.sort((a, b) => a - b);
      return `${at(sorted, 0.5)}/${at(sorted, 0.9)}`;
    });
    const alarms = seeds.filter((seed) => {
      const bad = badRequests(seededRandom(`bursts ${burst} ${seed}`), 0.002, burst);
      return alarmsIn((14 * 86_400) / design.windowSize, "error", () => bad(design.windowSize));
    });
    print(`| ${burst} | ${cells.join(" | ")} | ${alarms.length}/${seeds.length} |`);
  }
}

function fortnights(): void {
  const windows = Math.floor(SEED_REQUESTS / design.windowSize);
  const healthy = [
    ["error", 0.001],
    ["ttft", 0.002],
    ["timeout", 0.0005],
  ] as const;
  for (const [trigger, rate] of healthy) {
    const alarms = seeds.filter((seed) => {
      const random = seededRandom(`fortnight ${trigger} ${seed}`);
      return alarmsIn(windows, trigger, binomialDraw(random, design.windowSize, rate));
    });
    print(
      `14 healthy days at 100 requests/s, ${trigger} at ${rate * 100} %: ${alarms.length} false alarms of ${seeds.length}`,
    );
  }
}

function verdicts(): void {
  const runs = Number(values.verdicts);
  tally("identical systems, 1200 pairs", runs, (seed) => judged({ pairs: 1200, seed }));
  tally("identical systems, 14000 pairs", runs / 10, (seed) => judged({ pairs: 14_000, seed }));
  const slower = (ms: number): number => (ms > 330 ? ms * 1.1 : ms);
  tally("P99 of the TTFT 10 % worse, 5000 pairs", runs / 4, (seed) =>
    judged({ pairs: 5000, seed, shadowTtft: slower }),
  );
}

function tally(name: string, runs: number, verdictOf: (seed: string) => ReturnType<typeof judged>): void {
  const counts = new Map<string, number>();
  let [bySeed, faster] = [0, 0];
  for (let i = 0; i < runs; i++) {
    const { verdict, seed, gates } = verdictOf(`bench ${i}`);
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    if (typeof seed === "object" && seed.recommendation === "PROCEED") bySeed++;
    if (gates.some(({ id, text }) => id === "G4" && text.includes("faster"))) faster++;
  }
  const found = [...counts].map(([verdict, count]) => `${verdict} ${count}`).join(", ");
  print(`${name}: ${found} of ${runs}; called faster ${faster}; the seed's rule says PROCEED ${bySeed}`);
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}
