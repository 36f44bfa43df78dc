// The story of the seed's introduction, in the simulator: one node until its tail is as bad as told, then a second node.
import { runScenario, type SimulationResult } from "../../src/simulator/index.ts";
import { type Column, kneeOf, scenarioOf, sloKneeOf, type Story } from "./table-plan.ts";
import { grid, type Row, share } from "./table-text.ts";

interface Chapter {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly result: SimulationResult;
  readonly kneePerSecond: number;
}

export function storyText(story: Story): string {
  const [one] = story.columns;
  if (one === undefined) return "";
  const start: Column = { ...one, requestsPerSecond: 40 };
  const scenario = scenarioOf(story, start);
  const quiet = story.quietShare * sloKneeOf(scenario, start);
  const peak = kneeOf({ ...scenario, slo: { ttftMs: story.peakTtftP99Ms } }, start, {
    goodput: 0.99,
    precision: 0.005,
  });
  const chapters = [
    chapter(story, { ...one, name: `${one.name}, quiet`, requestsPerSecond: quiet }),
    ...story.columns.map((column) => chapter(story, { ...column, requestsPerSecond: peak })),
  ];
  const names = ["the seed says", ...chapters.map(({ name }) => name)];
  const rows = rowsOf(story.workersPerNode).map(([name, seed, of]): Row<Chapter | undefined> => [
    name,
    (one) => (one === undefined ? seed : of(one)),
  ]);
  return `## ${story.title}\n\n${grid(names, [undefined, ...chapters], rows)}\n`;
}

function chapter(story: Story, column: Column): Chapter {
  const scenario = scenarioOf(story, column);
  const { name, requestsPerSecond } = column;
  return { name, requestsPerSecond, result: runScenario(scenario), kneePerSecond: sloKneeOf(scenario, column) };
}

type StoryRow = readonly [name: string, seed: string, of: (one: Chapter) => string];

function rowsOf(workersPerNode: number): StoryRow[] {
  return [
    ["requests/s offered", "–", ({ requestsPerSecond }) => requestsPerSecond.toFixed(1)],
    [
      "utilisation % (offered ÷ knee)",
      "30 quiet, 95 at peak",
      ({ requestsPerSecond, kneePerSecond }) => share(requestsPerSecond, kneePerSecond),
    ],
    ["utilisation of each node %", "87 / 34, then 68 / 68", (one) => nodes(one, workersPerNode)],
    ["tokens/s that one user sees (P50)", "42", ({ result: { summary } }) => (1000 / summary.tpotMs.p50).toFixed(0)],
    ["output tokens/s of the fleet", "–", ({ result: { summary } }) => summary.outputTokensPerSecond.toFixed(0)],
    ["TTFT P99 ms", "3200, then 890, then 420", ({ result: { summary } }) => summary.ttftMs.p99.toFixed(0)],
    ["time in which a step runs %, as a GPU reports it", "–", ({ result: { workers } }) => busy(workers)],
  ];
}

/** The fleet's utilisation, dealt out by the output tokens that each node made. */
function nodes({ result: { workers, world }, requestsPerSecond, kneePerSecond }: Chapter, perNode: number): string {
  // Nodes of different roles cannot be compared by what they make.
  if (world !== undefined || !(kneePerSecond > 0)) return "–";
  const made = workers.map(({ outputTokens }) => outputTokens);
  const all = made.reduce((sum, one) => sum + one, 0);
  const count = workers.length / perNode;
  return Array.from({ length: count }, (_, i) => {
    const own = made.slice(i * perNode, (i + 1) * perNode).reduce((sum, one) => sum + one, 0);
    return ((100 * count * own * requestsPerSecond) / (all * kneePerSecond)).toFixed(0);
  }).join(" / ");
}

function busy(workers: SimulationResult["workers"]): string {
  return ((100 * workers.reduce((sum, one) => sum + one.busy, 0)) / workers.length).toFixed(0);
}
