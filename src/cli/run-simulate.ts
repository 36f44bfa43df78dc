// Runs simulations and prints their results.
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { seededRandom } from "../core/index.ts";
import {
  compare,
  comparisonTable,
  findKnee,
  parseSweep,
  resultCsv,
  resultPage,
  resultTable,
  runScenario,
  runVariants,
  type Scenario,
  type SimulationResult,
  type Variant,
  type VariantResult,
  variants,
  workerTable,
  worldTable,
} from "../simulator/index.ts";
import type { SimulateOptions } from "./simulate.ts";
import { applyPlan } from "./simulate-plan.ts";
import { simulateProgress } from "./simulate-progress.ts";
import { simulatedScenarios } from "./simulate-world.ts";

/** Resolves to the exit code. */
export async function runSimulate(plan: string | undefined, command: Command): Promise<number> {
  if (plan !== undefined) applyPlan(plan, command);
  const options = command.opts<SimulateOptions>();
  const list = variants(await simulatedScenarios(options), options.sweep.map(parseSweep));
  const progress = simulateProgress();
  try {
    if (options.knee !== undefined) return printKnees(list, options, options.knee);
    const seeds = Array.from({ length: options.seeds }, (_, i) => (i === 0 ? options.seed : `${options.seed}+${i}`));
    const results = runVariants(list, seeds, (one, name) => progress.run(one, name));
    return print(results, options);
  } finally {
    progress.end();
  }
}

function printKnees(list: readonly Variant[], options: SimulateOptions, goodput: number): number {
  const knees = list.map(({ name, scenario }) => ({
    name,
    ...findKnee(scenario, { goodput, precision: 0.02, run: (one: Scenario): SimulationResult => runScenario(one) }),
  }));
  if (options.json) process.stdout.write(`${JSON.stringify({ format: 1, goodput, knees }, undefined, 2)}\n`);
  else {
    for (const { name, speed, requestsPerSecond, runs } of knees)
      process.stdout.write(
        `${name}: ${(100 * goodput).toFixed(0)} % goodput up to speed ${speed.toFixed(3)} = ${requestsPerSecond.toFixed(2)} requests/s (${runs} runs)\n`,
      );
  }
  return 0;
}

function print(results: readonly VariantResult[], options: SimulateOptions): number {
  const compared = options.compare ? compare(results, seededRandom(options.seed)) : undefined;
  if (options.json)
    process.stdout.write(`${JSON.stringify({ format: 1, variants: results, compared }, undefined, 2)}\n`);
  else {
    process.stdout.write(`${resultTable(results)}\n`);
    const world = worldTable(results);
    if (world !== undefined) process.stdout.write(`\n${world}\n`);
    if (compared) process.stdout.write(`\n${comparisonTable(compared)}\n`);
    if (options.perWorker) printWorkers(results);
  }
  writeFiles(results, options);
  const worst = Math.min(...results.flatMap((one) => one.results.map(({ summary }) => summary.goodputFraction)));
  return options.expectGoodput !== undefined && !(worst >= options.expectGoodput) ? 1 : 0;
}

function printWorkers(results: readonly VariantResult[]): void {
  for (const { name, results: runs } of results)
    for (const one of runs) process.stdout.write(`\n${name}, seed ${one.seed}\n${workerTable(one)}\n`);
}

function writeFiles(results: readonly VariantResult[], { csv, html }: SimulateOptions): void {
  if (csv !== undefined) writeFileSync(csv, resultCsv(results));
  if (html === undefined) return;
  const command = `switchgear ${process.argv.slice(2).join(" ")}`;
  writeFileSync(html, resultPage({ title: "Simulation", command, variants: results }));
}
