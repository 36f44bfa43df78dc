// --max-loras: so many adapters in one step; who needs one more is passed over, keeps its place, and is served in the end.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { engineCore, type EngineRequest } from "../../../src/engine/index.ts";
import { drain, sampleRequest, step, TOKEN_COST } from "./sample-request.ts";

function core(maxLoras: number | undefined) {
  const limits = { blockSize: 4, kvBlocks: 200, maxSequences: 8, maxBatchedTokens: 64 };
  return engineCore({ ...limits, cost: TOKEN_COST, maxLoras });
}

const asks = (id: string, lora?: string): EngineRequest => sampleRequest(id, 3, { maxTokens: 4, lora });

/** Ids that get a token in each step, until all is done. */
function served(maxLoras: number | undefined, requests: readonly EngineRequest[]): string[][] {
  const engine = core(maxLoras);
  for (const one of requests) engine.add(one, 0);
  const steps: string[][] = [];
  for (let made = step(engine); made !== undefined; made = step(engine)) steps.push(made.map(({ id }) => id));
  return steps;
}

const fourTimes = (...ids: string[]): string[][] => Array.from({ length: 4 }, () => ids);

test("a request for one adapter more waits; those behind it for the model, or for an adapter that runs, go on", () => {
  const requests = [asks("a", "sql"), asks("b", "law"), asks("c"), asks("d", "sql"), asks("e", "law")];
  const steps = served(1, requests);
  assert.deepEqual(steps.slice(0, 4), fourTimes("a", "c", "d"));
  assert.deepEqual(steps.slice(4), fourTimes("b", "e"));
  assert.deepEqual(served(2, requests), fourTimes("a", "b", "c", "d", "e"));
  assert.deepEqual(served(undefined, requests), served(2, requests));
});

test("who is passed over is counted apart from who waits for room", () => {
  const engine = core(1);
  for (const one of [asks("a", "sql"), asks("b", "law"), asks("c", "doc")]) engine.add(one, 0);
  step(engine);
  const { running, waiting, deferred } = engine.stats();
  assert.deepEqual([running, waiting, deferred], [1, 2, 2]);
  engine.abort("b");
  assert.equal(engine.stats().deferred, 1);
  drain(engine);
  assert.deepEqual([engine.stats().waiting, engine.stats().deferred], [0, 0]);
});

test("property: no step has more adapters than allowed, all requests end, those of one adapter begin in order", () => {
  const adapter = fc.constantFrom(undefined, "a", "b", "c", "d");
  fc.assert(
    fc.property(fc.array(adapter, { minLength: 1, maxLength: 30 }), fc.integer({ min: 1, max: 4 }), (all, most) => {
      const requests = all.map((lora, i) => asks(`r${i}`, lora));
      const loraOf = new Map(requests.map(({ id, lora }) => [id, lora]));
      const begun: string[] = [];
      for (const ids of served(most, requests)) {
        const adapters = new Set(ids.map((id) => loraOf.get(id)).filter((lora) => lora !== undefined));
        assert.ok(adapters.size <= most, [...adapters].join());
        for (const id of ids) if (!begun.includes(id)) begun.push(id);
      }
      assert.equal(begun.length, requests.length);
      for (const lora of new Set(all)) {
        const order = begun.filter((id) => loraOf.get(id) === lora).map((id) => Number(id.slice(1)));
        assert.deepEqual(
          order,
          order.toSorted((a, b) => a - b),
        );
      }
    }),
    { numRuns: 200 },
  );
});
