// Pools that change their size in a simulation: start-up, drain, kill, lost scrapes; rules, oracle, gateways in short.
import assert from "node:assert/strict";
import { test } from "node:test";
import { missTable, oracle } from "../../bench/autoscaling/oracle.ts";
import { runRule, scaleSettings, type Setting } from "../../bench/autoscaling/setting.ts";
import { knownRate } from "../../bench/autoscaling/settings.ts";
import { gatewayRows } from "../../bench/autoscaling/several-gateways.ts";
import { spread } from "../../bench/autoscaling/traffic.ts";
import { seededRandom } from "../../src/core/index.ts";
import { loadProfile } from "../../src/model/index.ts";
import { policyOf } from "../../src/routing/index.ts";
import {
  openLoop,
  ownRule,
  type PlannedSimulation,
  queueRule,
  type ScaleRule,
  sequenceRule,
  simulate,
  type SimulationRun,
} from "../../src/simulator/index.ts";
import { syntheticTrace } from "../../src/workload/index.ts";

const profile = loadProfile("llama-3.1-70b-a100-tp4-bf16");
const SLO = { ttftMs: 2000, itlMs: 60 };

/** Evenly spaced requests; `rate` by second. */
function traffic(seconds: number, rate: (second: number) => number): PlannedSimulation[] {
  const planned: PlannedSimulation[] = [];
  for (let at = 0, unit = 0; at < seconds * 1000; at += 1000 / rate(at / 1000)) {
    const content = { tokens: 600 + ((unit * 137) % 900), unitBlocks: 1_000_000, units: Int32Array.of(unit++) };
    planned.push({ atMs: at, content, outputTokens: 100 + ((unit * 53) % 200), session: undefined });
  }
  return planned;
}

function run(planned: readonly PlannedSimulation[], rule: ScaleRule, initial = 1): SimulationRun {
  return simulate({
    profiles: Array.from({ length: 4 }, () => profile),
    policy: policyOf("kv_aware"),
    arrivals: openLoop(planned),
    seed: "1",
    scaling: { pools: [{ workers: [0, 1, 2, 3], initial, rule }], startUpMs: 30_000, startUpSigma: 0, scrapeLoss: 0 },
  });
}

test("a worker that is ordered serves after its start-up and is paid from the order; one that drains takes nothing new and ends what it has", () => {
  const steps = [
    { atMs: 10_000, replicas: 2 },
    { atMs: 100_000, replicas: 1 },
  ];
  const { requests, scaling, workers } = run(
    traffic(160, () => 1.5),
    sequenceRule(steps, 1000),
  );
  assert.deepEqual(
    scaling?.events.map(({ atMs, from, to }) => [atMs, from, to]),
    [
      [10_000, 1, 2],
      [100_000, 2, 1],
    ],
  );
  const [drained] = scaling?.drains ?? [];
  const there = requests.filter(({ worker }) => worker === drained?.worker);
  assert.ok(drained?.worker !== 1 || there.every(({ sentAt }) => sentAt >= 40_000));
  assert.ok(
    there.some(({ lastTokenAt = 0 }) => lastTokenAt > 100_000),
    "it had requests when it was drained",
  );
  assert.ok(there.every(({ sentAt }) => sentAt <= 100_000));
  assert.ok(requests.every(({ lastTokenAt, retries }) => lastTokenAt !== undefined && retries === 0));
  const paid = scaling?.paidMs(160_000) ?? 0;
  const last = Math.max(...there.map(({ lastTokenAt = 0 }) => lastTokenAt));
  // The drain is looked at each second.
  assert.ok(Math.abs(paid - (160_000 + last - 10_000)) <= 1100, `${paid} ms`);
  for (const worker of workers) {
    worker.account(Number.MAX_VALUE);
    assert.equal(worker.worker.ledger.load.contextTokens, 0);
  }
});

test("a rule that kills loses what was in the midst of an answer", () => {
  const rule = { ...sequenceRule([{ atMs: 60_000, replicas: 1 }], 1000), killAfterMs: 1000 };
  const { requests } = run(
    traffic(90, () => 2),
    rule,
    2,
  );
  const lost = requests.filter(({ failure }) => failure !== undefined);
  assert.ok(lost.length > 0);
  assert.ok(requests.every((one) => one.lastTokenAt !== undefined || one.failure !== undefined));
});

test("the queue rule asks for ⌈queue ÷ threshold⌉, at once for more and after 300 s for fewer", () => {
  const rule = queueRule({ metric: "inFlight", threshold: 4, minReplicas: 1, maxReplicas: 8 });
  const seen = (running: number, count: number) => ({
    workers: Array.from({ length: count }, (_, i) => {
      const figures = { seenAt: 0, waiting: 0, running: running / count, kvUsage: 0, lossCost: 0 };
      return { id: `w${i}`, state: "ready", ...figures } as const;
    }),
    demand: undefined,
  });
  assert.equal(rule.decide(seen(9, 1), 15_000).target, 3);
  assert.equal(rule.decide(seen(2, 3), 30_000).target, 3);
  assert.equal(rule.decide(seen(2, 3), 331_000).target, 1);
});

const SETTING: Setting = {
  name: "step",
  profile,
  planned: traffic(720, (second) => (second > 240 && second < 480 ? 3 : 0.5)),
  durationMs: 720_000,
  slo: SLO,
  most: 4,
  initial: 1,
  startUpMs: 30_000,
  seed: "1",
};

test("slo: more workers while more comes, back to one after it, with 10 % of scrapes lost; the same each time", () => {
  const targets: number[] = [];
  const of = () =>
    runRule(
      SETTING,
      ownRule(scaleSettings(SETTING, { stabilisationMs: 60_000 }), ({ target }) => void targets.push(target)),
    );
  const result = of();
  assert.ok(result.mostWorkers >= 2);
  assert.equal(targets.at(-1), 1);
  assert.equal(result.failed, 0);
  assert.ok(result.attainment > 0.95, `${result.attainment}`);
  assert.deepEqual(of(), result);
});

test("the oracle attains 99 % for no more than a fixed number that does", () => {
  const best = oracle(SETTING, missTable(SETTING), 0.99);
  assert.ok(best.attainment >= 0.99, `${best.attainment}`);
  const fixed = [2, 3].map((initial) => runRule({ ...SETTING, initial }, sequenceRule([], 10_000)));
  const enough = fixed.find(({ attainment }) => attainment >= 0.99);
  assert.ok(enough && best.gpuHours <= enough.gpuHours, `${best.gpuHours} of ${enough?.gpuHours}`);
});

test("four gateways that share their load are near one that knows all, and better than four that do not", () => {
  const made = syntheticTrace({ preset: "conversation", requests: 500, random: seededRandom("1") });
  const trace = { ...made, rows: spread(made.rows) };
  const [one, shared, apart] = gatewayRows(trace, ["1"], { workers: 4, speed: 0.7 }).map(({ goodput }) => goodput);
  assert.ok(one && shared && apart);
  assert.ok(shared >= 0.97 * one, `${shared} of ${one}`);
  assert.ok(apart < shared, `${apart} of ${shared}`);
});

test("the day's shape in requests a second: its mean as asked for, its peak three times as much", () => {
  const rate = knownRate("day");
  const minutes = Array.from({ length: 1440 }, (_, minute) => rate((minute + 0.5) * 60_000));
  const mean = minutes.reduce((sum, one) => sum + one, 0) / minutes.length;
  assert.ok(Math.abs(mean - 1.1) < 0.001, `${mean}`);
  assert.ok(Math.abs(Math.max(...minutes) / mean - 3) < 0.05, `${Math.max(...minutes)}`);
});
