// What holds of every plan: only running sequences, once, with blocks for their tokens; nobody is admitted past a preempted one.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { blockManager } from "../../../src/engine/core/block-manager.ts";
import { scheduler, type SchedulerOptions } from "../../../src/engine/core/scheduler.ts";
import { SequenceState } from "../../../src/engine/core/sequence-state.ts";
import { runsBefore } from "../../../src/engine/core/waiting-queue.ts";
import { sampleRequest } from "./sample-request.ts";

const BLOCK = 4;
const FIXED = {
  maxSequences: 5,
  chunkedPrefill: true,
  reserveFullPrompt: true,
  longPrefillThreshold: 0,
  maxLoras: Infinity,
};

interface Step {
  /** Prompt lengths and priorities of what arrives before it. */
  readonly arrivals: readonly { readonly length: number; readonly priority: number }[];
  /** Ends the running sequence of this place, if any. */
  readonly end: number;
}

const steps = fc.array(
  fc.record<Step>({
    arrivals: fc.array(fc.record({ length: fc.integer({ min: 1, max: 30 }), priority: fc.nat(2) }), { maxLength: 2 }),
    end: fc.nat(30),
  }),
  { minLength: 5, maxLength: 60 },
);

class Bench {
  readonly blocks = blockManager({ blockSize: BLOCK, kvBlocks: 21, prefixCaching: true, events: false, hashSeed: "t" });
  readonly admitted: SequenceState[] = [];
  readonly schedule: ReturnType<typeof scheduler>;
  readonly options: SchedulerOptions;
  private made = 0;

  constructor(options: Pick<SchedulerOptions, "policy" | "maxBatchedTokens">) {
    this.options = Object.assign(options, FIXED);
    this.schedule = scheduler(this.blocks, this.options, {
      admitted: (sequence) => void this.admitted.push(sequence),
      preempted: () => undefined,
      load: () => true,
    });
  }

  arrive(length: number, priority: number): void {
    const prompt = Array.from({ length }, (_, i) => i + 1000 * this.made);
    const request = sampleRequest(`r${this.made}`, prompt, { priority, maxTokens: 40 });
    this.schedule.waiting.push(new SequenceState(request, this.made++, BLOCK));
  }

  /** Plans, checks the plan, carries it out. */
  step(): void {
    const { running, waiting } = this.schedule;
    const before = new Set(running);
    const preemptionsBefore = this.schedule.preemptions;
    const plan = [...this.schedule.plan()];
    this.checkPlan(plan);
    const victims = [...before].filter((one) => one.phase === "waiting");
    assert.equal(victims.length, this.schedule.preemptions - preemptionsBefore);
    if (victims.length > 0)
      assert.ok(
        plan.every((one) => before.has(one)),
        "nobody is admitted in a step that preempts",
      );
    for (const victim of victims) assert.deepEqual([victim.blockCount, victim.computed, victim.scheduled], [0, 0, 0]);
    if (this.options.policy === "fcfs") this.checkOrder(victims);
    const first = waiting.first();
    if (this.options.policy === "priority" && victims[0] && first) assert.ok(!runsBefore(victims[0], first));
    for (const one of plan) this.carryOut(one);
  }

  /** First come, first served: running in order of arrival, before all that wait. */
  private checkOrder(victims: readonly SequenceState[]): void {
    const orders = this.schedule.running.map((one) => one.order);
    assert.deepEqual(
      orders,
      orders.toSorted((a, b) => a - b),
    );
    const first = this.schedule.waiting.first();
    if (victims.length > 0) assert.equal(first?.order, Math.min(...victims.map((one) => one.order)));
    if (first) assert.ok(orders.every((order) => order < first.order));
  }

  private checkPlan(plan: readonly SequenceState[]): void {
    const { running } = this.schedule;
    assert.equal(new Set(plan).size, plan.length);
    assert.ok(plan.every((one) => one.scheduled > 0 && running.includes(one)));
    assert.ok(running.every((one) => one.scheduled === 0 || plan.includes(one)));
    assert.ok(plan.reduce((sum, one) => sum + one.scheduled, 0) <= this.options.maxBatchedTokens);
    for (const one of plan) assert.equal(one.blockCount, Math.ceil((one.computed + one.scheduled) / BLOCK));
  }

  private carryOut(sequence: SequenceState): void {
    sequence.computed += sequence.scheduled;
    sequence.scheduled = 0;
    if (sequence.computed === sequence.tokens) sequence.output.push(sequence.output.length);
    if (sequence.output.length >= 40) this.end(sequence);
  }

  end(sequence: SequenceState | undefined): void {
    if (!sequence) return;
    sequence.phase = "ended";
    this.blocks.release(sequence);
    this.schedule.sweep();
  }
}

for (const policy of ["fcfs", "priority"] as const) {
  test(`plans are sound under ${policy}`, () => {
    let preempted = 0;
    fc.assert(
      fc.property(steps, fc.integer({ min: 5, max: 40 }), (list, maxBatchedTokens) => {
        const bench = new Bench({ policy, maxBatchedTokens });
        for (const { arrivals, end } of list) {
          for (const { length, priority } of arrivals) bench.arrive(length, priority);
          bench.step();
          bench.end(bench.schedule.running[end]);
        }
        preempted += bench.schedule.preemptions;
        assert.equal(new Set(bench.admitted).size, bench.admitted.length, "admitted once");
      }),
      { numRuns: 300 },
    );
    assert.ok(preempted > 100, `only ${preempted} preemptions were seen`);
  });
}

test("a sequence preempted after it was scheduled gives its tokens back and nobody behind it is passed over", () => {
  const options = { policy: "priority" as const, maxBatchedTokens: 100 };
  const bench = new Bench(options);
  for (const [length, priority] of [
    [29, 2],
    [23, 1],
    [21, 0],
  ] as const) {
    bench.arrive(length, priority);
    bench.step();
  }
  // 8 + 6 + 6 of 20 blocks; the second one has filled its last, and the budget is for two of the three.
  assert.deepEqual([bench.blocks.free, bench.schedule.running.map((one) => one.computed)], [0, [31, 24, 21]]);
  options.maxBatchedTokens = 2;
  const plan = bench.schedule.plan();
  assert.deepEqual(
    plan.map((one) => [one.request.priority, one.scheduled]),
    [
      [1, 1],
      [0, 1],
    ],
  );
  assert.deepEqual([bench.schedule.preemptions, bench.schedule.waiting.first()?.request.priority], [1, 2]);
});
