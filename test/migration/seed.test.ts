// The seed's records, report and rollback rule give what its own Python gives; golden values by scripts/golden/run.sh.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ROLLBACK_COMPLETE, seedRecord, seedReport } from "../../src/migration/index.ts";
import { type SeedRecord, type SeedResult } from "../../src/migration/compare/seed-record.ts";
import { rollbackTriggered, type SeedMetrics, seedTriggers } from "../../src/migration/rollback/seed-rule.ts";
import { type SeedImprovement, type SeedReport } from "../../src/migration/verdict/seed-report.ts";

interface Golden {
  readonly reports: readonly {
    readonly pairs: readonly (readonly [SeedResult, SeedResult, number])[];
    readonly records: readonly SeedRecord[];
    readonly report: SeedReport;
  }[];
  readonly empty: string;
  readonly rollbacks: readonly { readonly metrics: SeedMetrics; readonly fired: boolean; readonly printed: string }[];
}

const golden = JSON.parse(readFileSync(new URL("seed-golden.json", import.meta.url), "utf8")) as Golden;

test("records have the seed's keys and values", () => {
  for (const { pairs, records } of golden.reports) {
    const ours = pairs.map(([primary, shadow, timestamp]) => seedRecord(primary, shadow, timestamp));
    assert.deepEqual(ours, records);
    assert.deepEqual(Object.keys(ours[0] ?? {}), Object.keys(records[0] ?? {}));
  }
});

test("the report has the seed's keys, numpy's numbers and its recommendation", () => {
  assert.deepEqual(
    new Set(golden.reports.map(({ report }) => report.recommendation)),
    new Set(["PROCEED", "INVESTIGATE"]),
  );
  for (const { records, report } of golden.reports) {
    const ours = seedReport(records);
    assert.ok(typeof ours === "object");
    assert.deepEqual(Object.keys(ours), Object.keys(report));
    assert.deepEqual(
      { ...ours, ttft_improvement_ms: 0, total_latency_improvement_ms: 0 },
      {
        ...report,
        ttft_improvement_ms: 0,
        total_latency_improvement_ms: 0,
      },
    );
    sameImprovement(ours.ttft_improvement_ms, report.ttft_improvement_ms);
    sameImprovement(ours.total_latency_improvement_ms, report.total_latency_improvement_ms);
  }
});

test("without a record the report is the seed's sentence", () => {
  assert.equal(seedReport([]), golden.empty);
});

test("rollback triggers fire and print as in the seed", () => {
  assert.ok(golden.rollbacks.length > 15);
  for (const { metrics, fired, printed } of golden.rollbacks) {
    const triggers = seedTriggers(metrics);
    assert.equal(triggers.length > 0, fired, JSON.stringify(metrics));
    assert.equal(fired ? `${rollbackTriggered(triggers)}\n` : "", printed);
  }
  assert.equal(ROLLBACK_COMPLETE, "ROLLBACK COMPLETE: All traffic shifted to vLLM");
});

/** numpy sums in pairs, so that the last digit of a mean may differ. */
function sameImprovement(ours: SeedImprovement, seeds: SeedImprovement): void {
  assert.deepEqual(Object.keys(ours), Object.keys(seeds));
  for (const key of ["mean", "p50", "p99"] as const) {
    const [a, b] = [ours[key], seeds[key]];
    if (a === null || b === null) assert.equal(a, b);
    else assert.ok(Math.abs(a - b) <= 1e-10 * Math.max(1, Math.abs(b)), `${key}: ${a} and ${b}`);
  }
}
