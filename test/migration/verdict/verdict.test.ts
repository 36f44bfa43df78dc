// The verdict on virtual systems with fixed seeds; bench/migration runs the same with more seeds.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Random } from "../../../src/core/index.ts";
import type { PairRecord } from "../../../src/migration/compare/pair-record.ts";
import { clustersOf } from "../../../src/migration/verdict/clusters.ts";
import type { GateId } from "../../../src/migration/verdict/gate.ts";
import type { Verdict } from "../../../src/migration/verdict/judge-pairs.ts";
import type { ShadowFacts } from "../../../src/migration/verdict/verdict-options.ts";
import { judged, type World } from "./simulation.ts";

const gate = (verdict: Verdict, id: GateId, what: string | RegExp) =>
  verdict.gates.find((one) => one.id === id && new RegExp(what).test(one.what));

const runs = (n: number, world: Omit<World, "seed">) =>
  Array.from({ length: n }, (_, seed) => judged({ ...world, seed: `${world.pairs} ${seed}` }));

test("identical systems: REJECT in at most 1 %, never PROCEED because faster, where the seed says PROCEED by chance", () => {
  const verdicts = runs(300, { pairs: 1200 });
  const rejected = verdicts.filter(({ verdict }) => verdict === "REJECT").length;
  assert.ok(rejected <= 3, `${rejected} of 300 rejected`);
  assert.ok(verdicts.every(({ reasons }) => reasons.every((reason) => !reason.includes("faster"))));
  // G4 is told at its own level and decides nothing.
  const told = verdicts.filter((one) => !/no difference shown/.test(gate(one, "G4", "TTFT")?.text ?? "")).length;
  assert.ok(told <= 15, `a difference of the body told ${told} times of 300`);
  const bySeed = verdicts.filter(({ seed }) => typeof seed === "object" && seed.recommendation === "PROCEED").length;
  assert.ok(bySeed > 100 && bySeed < 200, `the seed's rule says PROCEED ${bySeed} times of 300`);
});

test("identical systems with enough pairs PROCEED because nothing is worse than allowed", () => {
  const verdict = judged({ pairs: 14_000, seed: "enough" });
  assert.deepEqual([verdict.verdict, verdict.reasons], ["PROCEED", ["not worse than allowed on every gate"]]);
});

test("a P99 that is 10 % worse is not passed", () => {
  const slower = (ms: number) => (ms > 330 ? ms * 1.1 : ms);
  const verdicts = runs(15, { pairs: 5000, shadowTtft: slower });
  assert.deepEqual(
    verdicts.filter(({ verdict }) => verdict === "PROCEED"),
    [],
  );
});

test("bug: with one session, or one that holds nearly all, chance was taken for proof", () => {
  const slower = (ms: number) => (ms > 330 ? ms * 1.1 : ms);
  const one = (pair: PairRecord): PairRecord => ({ ...pair, session: "user" });
  const most = (pair: PairRecord, random: Random): PairRecord =>
    random.next() < 0.95 ? one(pair) : { ...pair, session: `rare ${random.next()}` };
  for (const edit of [one, most]) {
    const equal = runs(25, { pairs: 1500, edit });
    assert.deepEqual(
      equal.filter(({ verdict }) => verdict === "REJECT"),
      [],
    );
    assert.match(gate(equal[0] as Verdict, "G2", "TTFT P99")?.text ?? "", /few sessions, so minutes are drawn$/);
    const worse = runs(25, { pairs: 1500, edit, shadowTtft: slower });
    const passed = worse.filter((verdict) => gate(verdict, "G2", "TTFT P99")?.status === "pass").length;
    assert.ok(passed <= 2, `${passed} of 25 passed`);
  }
});

test("few sessions in a short time are drawn in stretches of it", () => {
  const pairs = Array.from({ length: 90 }, (_, i) => ({ session: "s", at: i * 100 }) as PairRecord);
  const drawn = clustersOf(pairs.toReversed());
  assert.deepEqual([drawn.by, drawn.count], ["stretches of time", 30]);
  assert.deepEqual(
    [pairs[0], pairs[2], pairs[3], pairs[89]].map((pair) => drawn.of(pair as PairRecord)),
    [0, 0, 1, 29],
  );
});

test("a faster body does not hide a worse tail: the seed says PROCEED, the verdict REJECT", () => {
  const verdict = judged({ pairs: 4000, seed: "tail", shadowTtft: (ms) => (ms > 300 ? ms * 1.6 : ms * 0.8) });
  assert.equal(verdict.verdict, "REJECT");
  assert.ok(typeof verdict.seed === "object" && verdict.seed.recommendation === "PROCEED");
  assert.match(gate(verdict, "G4", "TTFT")?.text ?? "", /faster/);
  assert.match(verdict.reasons.join(), /TTFT P99/);
});

test("errors: more than allowed are rejected, a dead candidate is no output mismatch", () => {
  const worse = judged({ pairs: 3000, seed: "errors", shadowErrors: 0.03 });
  assert.equal(worse.verdict, "REJECT");
  assert.match(worse.reasons.join("\n"), /G1 rise of the failure rate/);
  const dead = judged({ pairs: 1500, seed: "dead", shadowErrors: 1 });
  assert.equal(dead.verdict, "REJECT");
  assert.equal(gate(dead, "G5", "deterministic")?.status, "no-data");
  assert.equal(gate(dead, "G5", "invariants")?.status, "pass");
});

test("a broken invariant rejects, one accident does not", () => {
  const breaking = (share: number, broken: PairRecord["broken"]) =>
    judged({
      pairs: 2000,
      seed: "broken",
      edit: (pair, random) => (random.next() < share ? { ...pair, broken } : pair),
    });
  assert.match(
    breaking(0.01, ["status-class"]).reasons.join(),
    /protocol invariants: \d+ of 2000 pairs break status-class/,
  );
  assert.equal(breaking(0.01, ["status-class"]).verdict, "REJECT");
  assert.equal(gate(breaking(0.01, ["prompt-tokens"]), "G6", "prompt tokens")?.rejects, true);
  let once = false;
  const accident = judged({
    pairs: 2000,
    seed: "accident",
    edit(pair) {
      if (once) return pair;
      once = true;
      return { ...pair, broken: ["model"] };
    },
  });
  assert.equal(gate(accident, "G5", "invariants")?.status, "pass");
});

test("outputs: worse than the legacy's own noise is found, the same noise is not", () => {
  const noisy = judged({
    pairs: 4000,
    seed: "outputs",
    edit: (pair, random) =>
      pair.comparison === undefined || random.next() > 0.15
        ? pair
        : { ...pair, comparison: { ...pair.comparison, equal: false } },
  });
  assert.equal(gate(noisy, "G5", "deterministic")?.status, "fail");
  const tied = judged({
    pairs: 4000,
    seed: "outputs",
    edit: (pair, random) =>
      pair.comparison === undefined || random.next() > 0.15
        ? pair
        : { ...pair, comparison: { ...pair.comparison, equal: false, severity: "tie" } },
  });
  assert.equal(gate(tied, "G5", "deterministic")?.status, "pass");
});

test("completions that are 20 % longer are not passed", () => {
  const longer = judged({
    pairs: 1500,
    seed: "long",
    edit: (pair) => ({ ...pair, shadow: { ...pair.shadow, outputTokens: (pair.shadow.outputTokens ?? 0) * 1.2 } }),
  });
  assert.equal(gate(longer, "G6", "length")?.status, "fail");
});

const FACTS: ShadowFacts = {
  eligibleSessions: 6000,
  sampledSessions: 1500,
  fraction: 0.25,
  sent: 6000,
  dropped: {},
  clientGone: 0,
  loadRatio: 1,
};

test("G0: too little, too short, dropped, left, unfairly sampled or unequally loaded is INSUFFICIENT_DATA, and says so", () => {
  const cases: readonly (readonly [Partial<ShadowFacts>, RegExp])[] = [
    [{ dropped: { inFlight: 61, bytes: 5 } }, /66 of 6066 shadow requests dropped/],
    [{ clientGone: 61 }, /61 of 6000 pairs lost because the client left/],
    [{ sampledSessions: 1300 }, /1300 of 6000 sessions sampled, 0.25 was set/],
    [{ loadRatio: 0.5 }, /0.50 times the primary's load/],
  ];
  for (const [fields, text] of cases) {
    const verdict = judged({ pairs: 1200, seed: 1 }, { facts: { ...FACTS, ...fields }, repetitions: 10 });
    assert.equal(verdict.verdict, "INSUFFICIENT_DATA");
    assert.match(verdict.reasons.join(), text);
  }
  const { loadRatio: _, ...unmeasured } = FACTS;
  assert.match(judged({ pairs: 1200, seed: 1 }, { facts: unmeasured, repetitions: 10 }).reasons.join(), /not measured/);
  const few = judged({ pairs: 200, seed: 1 }, { facts: FACTS, repetitions: 10 });
  assert.match(few.reasons.join(), /200 of 1000 pairs/);
  assert.equal(gate(few, "G2", "P99")?.status, "no-data", "a P99 of 200 values is not printed");
});

test("what is waived is named, and no data is never a pass", () => {
  const short = judged(
    { pairs: 1200, seed: 1 },
    { facts: FACTS, repetitions: 10, limits: { minSpanMs: 1e12 }, waived: ["span"] },
  );
  assert.equal(gate(short, "G0", "validity")?.status, "pass");
  assert.ok(short.limits.includes("waived: span"));
  const empty = judged({ pairs: 0, seed: 1 }, { facts: FACTS, repetitions: 10 });
  assert.equal(empty.verdict, "INSUFFICIENT_DATA");
  assert.equal(empty.seed, "No shadow traffic data.");
});

test("the same records give the same verdict", () => {
  assert.deepEqual(judged({ pairs: 1000, seed: 7 }), judged({ pairs: 1000, seed: 7 }));
});
