// What every policy keeps: one of the candidates, whatever their order; and what the simple ones prefer.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom } from "../../src/core/index.ts";
import { leastLoaded, policies, type PolicyName, roundRobin } from "../../src/routing/index.ts";
import { candidate, request, several, tally } from "./candidates.ts";

const names = Object.keys(policies) as PolicyName[];

const fleet = fc.uniqueArray(fc.nat(999), { minLength: 1, maxLength: 8 }).chain((ids) =>
  fc.tuple(
    ...ids.map((id) =>
      fc
        .record({ overlap: fc.nat(60), prefill: fc.nat(20_000), decode: fc.nat(40) })
        .map(({ overlap, prefill, decode }) => {
          const load = { prefillTokens: prefill, prefillRequests: Math.ceil(prefill / 1000), decodeRequests: decode };
          return candidate(`w${id}`, { overlapBlocks: overlap }, { ...load, contextTokens: prefill + decode * 1000 });
        }),
    ),
  ),
);

for (const name of names) {
  test(`${name}: the order of candidates does not matter, and the decision is one of them`, () => {
    fc.assert(
      fc.property(fleet, fc.nat(1000), fc.nat(), (candidates, tokens, seed) => {
        const turned = candidates.toReversed();
        const [a, b] = [candidates, turned].map((order) =>
          policies[name]().choose(request(tokens), order, seededRandom(seed)),
        );
        assert.equal(a?.chosen.id, b?.chosen.id);
        assert.ok(candidates.some(({ id }) => id === a?.chosen.id));
        assert.equal(a?.scores[0]?.worker, a?.chosen.id);
        assert.ok((a?.scores.length ?? 9) <= 4);
        assert.equal(a?.policy, name);
        assert.ok((a?.scores ?? []).every(({ cost }) => Number.isFinite(cost)));
      }),
      { numRuns: 150, endOnFailure: true },
    );
  });

  test(`${name}: idle equals share the load`, () => {
    const policy = policies[name]();
    const random = seededRandom(7);
    const counts = tally(() => policy.choose(request(100), several(4), random).chosen.id, 2000);
    for (const { id } of several(4)) assert.ok(Math.abs((counts.get(id) ?? 0) - 500) < 100, `${id}: ${counts.get(id)}`);
  });
}

test("round_robin goes by turns, also when workers come and go", () => {
  const policy = roundRobin();
  const random = seededRandom(1);
  const ids = (workers: ReturnType<typeof several>, times: number) =>
    Array.from({ length: times }, () => policy.choose(request(1), workers, random).chosen.id);
  const [a, b, c] = several(3);
  assert.ok(a && b && c);
  assert.deepEqual(ids([a, b, c], 4), ["w00", "w01", "w02", "w00"]);
  assert.deepEqual(ids([c, a], 3), ["w02", "w00", "w02"]);
  assert.deepEqual(ids([b], 2), ["w01", "w01"]);
});

test("least_loaded takes the worker that is done first", () => {
  const waiting = candidate("a", {}, { prefillTokens: 20_000, prefillRequests: 2, contextTokens: 20_000 });
  const decoding = candidate("b", {}, { decodeRequests: 4, contextTokens: 4000 });
  const foreign = candidate("c", {}, { foreignRequests: 8 });
  const random = seededRandom(1);
  const pick = (...list: ReturnType<typeof several>) => leastLoaded().choose(request(1000), list, random).chosen.id;
  assert.equal(pick(waiting, decoding, foreign), "b");
  assert.equal(pick(waiting, foreign), "c");
  assert.equal(pick(waiting, decoding, foreign, candidate("d")), "d");
});
