// Runs simulations and prints their results.
import type { Command } from "commander";
import { seededRandom } from "../core/index.ts";
import {
  checkFleet,
  checkScenario,
  compare,
  kneeSearch,
  type NamedKnee,
  parseSweep,
  type Scenario,
  type SimulationReport,
  type SimulationResult,
  type Variant,
  type VariantResult,
  variants,
} from "../simulator/index.ts";
import { type SimulationDriver, simulationDriver } from "./drive-simulation.ts";
import type { SimulateOptions } from "./simulate.ts";
import { applyPlan } from "./simulate-plan.ts";
import { printReport, requireWritable } from "./print-report.ts";
import { type AskedSimulation, askedSimulation } from "./simulate-world.ts";

const ENDED_BY_CTRL_C = 130;

/** Resolves to the exit code. */
export async function runSimulate(plan: string | undefined, command: Command): Promise<number> {
  if (plan !== undefined) applyPlan(plan, command);
  const options = command.opts<SimulateOptions>();
  requireWritable(options);
  const report = await simulationReport(options);
  printReport(report, options);
  if (report.partial) return ENDED_BY_CTRL_C;
  // A search for the knee goes where the goodput is low.
  if (report.knees !== undefined) return 0;
  const worst = Math.min(...report.variants.flatMap((one) => one.results.map((run) => run.summary.goodputFraction)));
  return options.expectGoodput !== undefined && !(worst >= options.expectGoodput) ? 1 : 0;
}

export async function simulationReport(options: SimulateOptions): Promise<SimulationReport> {
  const asked = await askedSimulation(options);
  const { scenarios, skippedRows } = asked;
  const list = variants(scenarios, options.sweep.map(parseSweep));
  for (const { scenario } of list) {
    checkFleet(scenario.profiles, options);
    checkScenario(scenario);
  }
  const runs = options.knee === undefined ? list.length * options.seeds : undefined;
  const driver = simulationDriver({ runs, alwaysShow: options.progress });
  try {
    if (options.knee !== undefined) {
      const { knees, tried } = await searchKnees(list, options.knee, driver);
      return { format: 1, partial: driver.stopped, skippedRows, variants: tried, goodput: options.knee, knees };
    }
    const results = await runAll(seeded(list, options, asked), driver);
    const compared = options.compare && !driver.stopped ? compare(results, seededRandom(options.seed)) : undefined;
    return { format: 1, partial: driver.stopped, skippedRows, variants: results, compared };
  } finally {
    driver.end();
  }
}

interface SeededVariant extends Variant {
  /** One a seed. */
  readonly scenarios: readonly Scenario[];
}

function seeded(
  list: readonly Variant[],
  { seed, seeds }: SimulateOptions,
  { traceFor }: AskedSimulation,
): SeededVariant[] {
  const names = Array.from({ length: seeds }, (_, i) => (i === 0 ? seed : `${seed}+${i}`));
  const own = names.map((name) => ({ seed: name, trace: traceFor(name) }));
  return list.map((variant) => ({ ...variant, scenarios: own.map((one) => ({ ...variant.scenario, ...one })) }));
}

async function runAll(list: readonly SeededVariant[], driver: SimulationDriver): Promise<VariantResult[]> {
  const done: VariantResult[] = [];
  for (const { name, policy, swept, scenarios } of list) {
    if (driver.stopped) break;
    const results: SimulationResult[] = [];
    done.push({ name, policy, swept, results });
    for (const scenario of scenarios) if (!driver.stopped) results.push(await driver.run(scenario, name));
  }
  return done;
}

interface KneesFound {
  readonly knees: readonly NamedKnee[];
  /** Every run of the searches: goodput against load. */
  readonly tried: readonly VariantResult[];
}

async function searchKnees(list: readonly Variant[], goodput: number, driver: SimulationDriver): Promise<KneesFound> {
  const knees: NamedKnee[] = [];
  const tried: VariantResult[] = [];
  for (const { name, policy, swept, scenario } of list) {
    if (driver.stopped) break;
    const search = kneeSearch(scenario, { goodput, precision: 0.02 });
    let step = search.next();
    while (step.done !== true && !driver.stopped) {
      const { speed } = step.value.scenario;
      const title = `${name} speed=${speed.toPrecision(3)}`;
      const result = await driver.run(step.value.scenario, title);
      // The result of a run that ended early says nothing of its load.
      if (driver.stopped) break;
      tried.push({ name: title, policy, swept: { ...swept, speed }, results: [result] });
      step = search.next(result);
    }
    if (step.done === true) knees.push({ name, ...step.value });
    else knees.push({ name, speed: step.value.low, requestsPerSecond: step.value.rate, runs: step.value.runs });
  }
  return { knees, tried };
}
