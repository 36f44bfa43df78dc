// What holds for every mix of requests: each ends once with its own tokens, limits are kept, decodes never starve.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { engineCore, type EngineCore, type EngineRequest, type TokenOutput } from "../../../src/engine/index.ts";
import { expectedTokens, sampleRequest, TOKEN_COST } from "./sample-request.ts";

interface Arrival {
  readonly group: number;
  readonly length: number;
  readonly maxTokens: number;
  readonly priority: number;
  /** Arrives before this step. */
  readonly at: number;
  /** Aborted after so many steps more; 0 is never. */
  readonly abortAfter: number;
}

const arrival = fc.record<Arrival>({
  group: fc.nat(2),
  length: fc.integer({ min: 1, max: 90 }),
  maxTokens: fc.integer({ min: 1, max: 30 }),
  priority: fc.nat(2),
  at: fc.nat(20),
  abortAfter: fc.oneof(fc.constant(0), fc.nat(12)),
});

const limits = fc.record({
  kvBlocks: fc.integer({ min: 17, max: 60 }),
  maxSequences: fc.integer({ min: 1, max: 6 }),
  maxBatchedTokens: fc.integer({ min: 6, max: 100 }),
  policy: fc.constantFrom("fcfs" as const, "priority" as const),
  prefixCaching: fc.boolean(),
  reserveFullPrompt: fc.boolean(),
  longPrefillThreshold: fc.constantFrom(0, 7),
});

/** Prompts of one group share their beginning. */
function requestOf(one: Arrival, index: number): EngineRequest {
  const prompt = Array.from({ length: one.length }, (_, i) => (i < 40 ? one.group * 100 + i : index * 1000 + i));
  return sampleRequest(`r${index}`, prompt, { maxTokens: one.maxTokens, priority: one.priority });
}

class Run {
  readonly outputs = new Map<string, TokenOutput[]>();
  readonly started = new Set<string>();
  readonly open = new Set<string>();
  readonly engine: EngineCore;
  constructor(engine: EngineCore) {
    this.engine = engine;
  }

  step(budget: number): boolean {
    const calm = this.engine.stats().preemptions === 0;
    const decoding = [...this.started].filter((id) => this.open.has(id));
    const plan = this.engine.schedule(0);
    if (!plan) return false;
    assert.ok(plan.tokens > 0 && plan.tokens <= budget, "the token budget");
    const outputs = this.engine.complete(0);
    assert.equal(new Set(outputs.map((output) => output.id)).size, outputs.length, "one token a step");
    if (calm && this.engine.stats().preemptions === 0) {
      const ids = new Set(outputs.map((output) => output.id));
      assert.ok(
        decoding.every((id) => ids.has(id)),
        "decodes never starve",
      );
    }
    for (const output of outputs) this.take(output);
    return true;
  }

  private take(output: TokenOutput): void {
    assert.ok(this.open.has(output.id), "no token after the end");
    this.started.add(output.id);
    this.outputs.set(output.id, [...(this.outputs.get(output.id) ?? []), output]);
    if (output.finish) this.open.delete(output.id);
  }
}

test("every request ends once with the tokens of its model, within all limits", () => {
  fc.assert(
    fc.property(fc.array(arrival, { minLength: 1, maxLength: 14 }), limits, (arrivals, given) => {
      const engine = engineCore({ cost: TOKEN_COST, blockSize: 8, ...given });
      const run = new Run(engine);
      const requests = arrivals.map(requestOf);
      const aborted = new Set<string>();
      let busy = true;
      for (let step = 0; step < 40 || busy; step++) {
        assert.ok(step < 5000, "the engine makes progress");
        arrivals.forEach((one, i) => {
          const request = requests[i];
          if (request && one.at === step) {
            engine.add(request, step);
            run.open.add(request.id);
          }
          if (request && one.abortAfter > 0 && one.at + one.abortAfter === step && engine.abort(request.id)) {
            run.open.delete(request.id);
            aborted.add(request.id);
          }
        });
        busy = run.step(given.maxBatchedTokens);
        assert.ok(engine.stats().running <= given.maxSequences, "the limit of sequences");
      }
      assert.deepEqual([run.open.size, engine.stats().kvUsage, engine.stats().waiting], [0, 0, 0]);
      for (const request of requests) {
        const made = run.outputs.get(request.id) ?? [];
        const expected = expectedTokens(request).slice(0, aborted.has(request.id) ? made.length : undefined);
        assert.deepEqual(
          made.map((output) => output.token),
          expected,
        );
        assert.equal(new Set(made.map((output) => output.cachedTokens)).size, made.length > 0 ? 1 : 0);
      }
    }),
    { numRuns: 300 },
  );
});
