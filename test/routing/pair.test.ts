// The choice between one worker and a prefill/decode pair: rules, fallback, and what holds for every fleet.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom } from "../../src/core/index.ts";
import {
  type Candidate,
  choosePair,
  kvAware,
  type PairDecision,
  type PairParts,
  pairRuleOf,
} from "../../src/routing/index.ts";
import { candidate, request } from "./candidates.ts";

/** 70B FP8 on NDR400: 164 kB a token. */
const LINK = (_: Candidate, __: Candidate, tokens: number): number => 1 + tokens * 0.004;

/** A third of the answers have up to seven tokens. */
const BUSY = { decodeRequests: 60, contextTokens: 60_000, answerAges: [6, 6, 8, 8, 8, 8, 8, 8] };

function choose(change: Partial<PairParts> = {}): PairDecision {
  const decode = [candidate("d0"), candidate("d1")];
  return choosePair({
    request: request(8192),
    candidates: { prefill: [candidate("p0"), candidate("p1")], decode, whole: decode },
    link: LINK,
    rule: pairRuleOf("predicted"),
    policy: kvAware(),
    fallback: "colocated",
    random: seededRandom("pair"),
    ...change,
  });
}

function loaded(load: typeof BUSY): Pick<PairParts, "candidates"> {
  const decode = [candidate("d0", {}, load), candidate("d1", {}, load)];
  return { candidates: { prefill: [candidate("p0"), candidate("p1")], decode, whole: decode } };
}

test("an idle fleet serves whole; a long prompt whose prefill would stall answers that have just begun goes to a pair", () => {
  assert.equal(choose().kind, "whole");
  assert.equal(choose(loaded(BUSY)).kind, "pair");
});

test("a slow link, a cached prompt and a full prefill pool keep the request on one worker", () => {
  const { candidates } = loaded(BUSY);
  assert.equal(choose({ candidates, link: (_, __, tokens) => 10 * tokens }).kind, "whole");
  const cached = candidates.decode.map((one) => ({ ...one, overlapBlocks: 512 }));
  assert.equal(choose({ candidates: { ...candidates, decode: cached, whole: cached } }).kind, "whole");
  const queue = { prefillTokens: 400_000, prefillRequests: 50 };
  const prefill = [candidate("p0", {}, queue), candidate("p1", {}, queue)];
  assert.equal(choose({ candidates: { ...candidates, prefill } }).kind, "whole");
});

test("of several workers the pair is made of those with the prefix and the shorter batch", () => {
  const prefill = [candidate("p0"), candidate("p1", { overlapBlocks: 400 })];
  const decode = [candidate("d0", {}, BUSY), candidate("d1", {}, { decodeRequests: 5, contextTokens: 5000 })];
  const chosen = choose({ candidates: { prefill, decode, whole: [] } });
  assert.ok(chosen.kind === "pair");
  assert.deepEqual([chosen.prefill.id, chosen.decode.id, chosen.prefillCached], ["p1", "d1", 6400]);
});

test("only what the decode worker lacks is transferred", () => {
  const seen: number[] = [];
  const decode = [candidate("d0", { overlapBlocks: 100 })];
  const link = (_: Candidate, __: Candidate, tokens: number): number => (seen.push(tokens), 1);
  choose({ candidates: { prefill: [candidate("p0")], decode, whole: [] }, link });
  assert.deepEqual(seen, [8192 - 1600]);
});

test("the rules of others decide by tokens alone", () => {
  const cases: [spec: string, prompt: number, overlap: number, kind: string][] = [
    ["llmd", 100, 0, "pair"],
    ["llmd", 1000, 62, "whole"],
    ["llmd:500", 400, 0, "whole"],
    ["llmd:0", 9000, 0, "whole"],
    ["dynamo", 1000, 0, "pair"],
    ["dynamo", 2000, 63, "whole"],
    ["dynamo", 9000, 63, "pair"],
    ["dynamo:100:1", 1000, 62, "whole"],
    ["always", 10, 0, "pair"],
    ["never", 100_000, 0, "whole"],
  ];
  for (const [spec, prompt, overlap, kind] of cases) {
    const decode = [candidate("d0", { overlapBlocks: overlap })];
    const candidates = { prefill: [candidate("p0")], decode, whole: decode };
    assert.equal(choose({ request: request(prompt), candidates, rule: pairRuleOf(spec) }).kind, kind, spec);
  }
  for (const spec of ["nearest", "llmd:x", "llmd:", "dynamo:1:2:3", "toString"])
    assert.throws(() => pairRuleOf(spec), /no such rule/);
});

test("a pool that is gone: one worker, whichever is left, or a reason to fail", () => {
  const [p, d] = [candidate("p0"), candidate("d0")];
  const served = (candidates: PairParts["candidates"]): unknown => {
    const chosen = choose({ candidates, rule: pairRuleOf("always") });
    return chosen.kind === "whole" ? [chosen.decision.chosen.id, chosen.reason] : chosen.kind;
  };
  assert.deepEqual(served({ prefill: [], decode: [d], whole: [d] }), ["d0", "fallback"]);
  assert.deepEqual(served({ prefill: [], decode: [d], whole: [] }), ["d0", "fallback"]);
  assert.deepEqual(served({ prefill: [p], decode: [], whole: [] }), ["p0", "fallback"]);
  assert.equal(served({ prefill: [], decode: [], whole: [] }), "none");
  const failed = (prefill: Candidate[], decode: Candidate[], link = LINK as PairParts["link"]): unknown =>
    choose({ candidates: { prefill, decode, whole: decode }, fallback: "fail", link });
  assert.deepEqual(failed([], [d]), { kind: "none", reason: "no_prefill" });
  assert.deepEqual(failed([p], []), { kind: "none", reason: "no_decode" });
  assert.deepEqual(
    failed([p], [d], () => undefined),
    { kind: "none", reason: "no_pair" },
  );
});

const workers = fc.array(
  fc.record({
    requests: fc.nat(80),
    waiting: fc.nat(40_000),
    overlap: fc.nat(300),
    slowdown: fc.double({ min: 0.5, max: 2, noNaN: true }),
  }),
  { maxLength: 5 },
);

function pool(
  letter: string,
  list: readonly { requests: number; waiting: number; overlap: number; slowdown: number }[],
) {
  return list.map(({ requests, waiting, overlap, slowdown }, i) =>
    candidate(
      `${letter}${i}`,
      { overlapBlocks: overlap, slowdown },
      {
        decodeRequests: requests,
        contextTokens: 700 * requests + waiting,
        prefillTokens: waiting,
        prefillRequests: waiting > 0 ? 1 : 0,
      },
    ),
  );
}

test("in every fleet: an allowed pair or a worker that is there, whatever the order; a slower link never makes more pairs", () => {
  fc.assert(
    fc.property(
      fc.record({ prefill: workers, decode: workers, prompt: fc.integer({ min: 1, max: 30_000 }) }),
      fc.constantFrom("predicted", "always", "never", "llmd:16", "dynamo"),
      fc.double({ min: 0, max: 0.5, noNaN: true }),
      (fleet, rule, perToken) => {
        const [prefill, decode] = [pool("p", fleet.prefill), pool("d", fleet.decode)];
        // Odd and even are of different versions.
        const allowed = (a: Candidate, b: Candidate): boolean => a.id.charCodeAt(1) % 2 === b.id.charCodeAt(1) % 2;
        const asked = (change: Partial<PairParts>): PairDecision =>
          choose({
            request: request(fleet.prompt),
            candidates: { prefill, decode, whole: decode },
            link: (a, b, tokens) => (allowed(a, b) ? tokens * perToken : undefined),
            rule: pairRuleOf(rule),
            ...change,
          });
        const chosen = asked({});
        if (chosen.kind === "pair") {
          assert.ok(prefill.includes(chosen.prefill) && decode.includes(chosen.decode));
          assert.ok(allowed(chosen.prefill, chosen.decode));
          if (rule === "predicted") assert.ok(chosen.costMs < (chosen.wholeMs ?? 0));
        } else if (chosen.kind === "whole") assert.ok([...decode, ...prefill].includes(chosen.decision.chosen));
        else assert.equal(prefill.length + decode.length, 0);
        const turned = asked({
          candidates: { prefill: prefill.toReversed(), decode: decode.toReversed(), whole: decode.toReversed() },
        });
        assert.deepEqual(turned, chosen);
        const slower = asked({ link: (a, b, tokens) => (allowed(a, b) ? tokens * (perToken + 1) : undefined) });
        if (chosen.kind === "whole" && chosen.reason === "rule") assert.equal(slower.kind, "whole");
      },
    ),
    { numRuns: 300 },
  );
});
