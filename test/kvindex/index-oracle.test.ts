// Whatever events, predictions and times come: the index says what a naive one says, and keeps its cap.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { memoryIndex, type MemoryIndexOptions } from "../../src/kvindex/index.ts";
import { batch, BLOCK, cleared, hashesOf, removed, SEED, stored } from "./events.ts";
import { chainsOf, oracleIndex } from "./oracle.ts";

const TTL = 1000;
const CONFIRM = 400;
/** More than 32, so that holder sets of several chunks occur. */
const WORKERS = Array.from({ length: 40 }, (_, i) => `w${i}`);

/** A prompt of up to 5 blocks; few distinct blocks, so that prefixes are shared. */
const prompt = fc
  .array(fc.integer({ min: 0, max: 2 }), { maxLength: 5 })
  .map((blocks) => blocks.flatMap((kind) => Array.from({ length: BLOCK }, (_, i) => 10 * kind + i)));
// Few busy workers, and some rarely met ones in other chunks.
const worker = fc.oneof(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 39 })).map((i) => `w${i}`);
/** The same chain may have a second name. */
const alias = fc.integer({ min: 0, max: 9 }).map((n) => (n === 0 ? "b" : "a"));

const operation = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("store" as const), worker, prompt, alias, from: fc.nat(4) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("remove" as const), worker, prompt, alias }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("predict" as const), worker, prompt, cut: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear" as const), worker }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop" as const), worker }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(500) }) },
);

function nameOf(chain: string, alias: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const letter of alias + chain) hash = BigInt.asUintN(64, (hash ^ BigInt(letter.charCodeAt(0))) * 0x100000001b3n);
  return hash;
}

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function pair(more: Partial<MemoryIndexOptions> = { renewAfterMs: 0 }, beliefMs = TTL) {
  const options = { maxBytes: 64e6, ttlSeconds: TTL / 1000, confirmWithinMs: CONFIRM, seedOf: () => SEED, ...more };
  return { index: memoryIndex(options), oracle: oracleIndex(TTL, CONFIRM, beliefMs), now: 0 };
}

function run(state: ReturnType<typeof pair>, one: Operation): void {
  const { index, oracle } = state;
  if (one.kind === "wait") state.now += one.ms;
  index.sweep(state.now);
  oracle.sweep(state.now);
  if (one.kind === "wait") return;
  if (one.kind === "drop") {
    index.drop(one.worker);
    oracle.drop(one.worker);
  } else if (one.kind === "predict") {
    const hashes = hashesOf(one.prompt);
    const cut = Math.min(one.cut, hashes.count);
    // In two parts or, with nothing before the cut, at once.
    if (cut < hashes.count) index.predict(one.worker, { ...hashes, from: cut }, state.now);
    if (cut > 0 || hashes.count === 0) index.predict(one.worker, { ...hashes, count: cut }, state.now);
    oracle.predict(one.worker, chainsOf(one.prompt, BLOCK), state.now);
  } else {
    const event = eventOf(one);
    index.apply(one.worker, batch(event), state.now);
    oracle.apply(one.worker, event);
  }
}

function eventOf(one: Extract<Operation, { kind: "store" | "remove" | "clear" }>) {
  if (one.kind === "clear") return cleared;
  const chains = chainsOf(one.prompt, BLOCK);
  const names = chains.map((chain) => nameOf(chain, one.alias));
  if (one.kind === "remove") return removed(names.slice(-1));
  const from = Math.min(one.from, chains.length);
  const parent = from === 0 ? null : (names[from - 1] ?? null);
  return stored(names.slice(from), one.prompt.slice(from * BLOCK), { parent });
}

test("the index equals a naive one under any series of events, predictions and waits", () => {
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 60 }),
      fc.array(prompt, { minLength: 3, maxLength: 3 }),
      (steps, asked) => {
        const state = pair();
        for (const step of steps) {
          run(state, step);
          for (const ids of asked) {
            const expected = WORKERS.map((worker) => state.oracle.overlap(chainsOf(ids, BLOCK), worker));
            assert.deepEqual([...state.index.overlap(hashesOf(ids), WORKERS, state.now)], expected);
          }
          assert.equal(state.index.stats().entries, state.oracle.entries());
        }
      },
    ),
    { numRuns: 150, endOnFailure: true },
  );
});

test("without events a belief lasts as long as a naive one, or an eighth less", () => {
  const step = operation.filter(({ kind }) => kind === "predict" || kind === "wait" || kind === "drop");
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.array(prompt, { minLength: 3, maxLength: 3 }), (steps, asked) => {
      const long = pair({});
      const short = pair({}, TTL - TTL / 8);
      for (const one of steps) {
        run(long, one);
        run(short, one);
        for (const ids of asked) {
          const runs = long.index.overlap(hashesOf(ids), WORKERS, long.now);
          for (const [i, worker] of WORKERS.entries()) {
            const chains = chainsOf(ids, BLOCK);
            assert.ok((runs[i] ?? 0) <= long.oracle.overlap(chains, worker), "no longer");
            assert.ok((runs[i] ?? 0) >= short.oracle.overlap(chains, worker), "no shorter");
          }
        }
      }
    }),
    { numRuns: 100, endOnFailure: true },
  );
});
