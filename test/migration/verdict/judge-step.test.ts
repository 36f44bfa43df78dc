// The gate of a canary step: own rates, the difference to the legacy, and the level of its look.
import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeStep } from "../../../src/migration/index.ts";
import { seededRandom } from "../../../src/core/index.ts";
import { lookLevel } from "../../../src/stats/index.ts";
import { TOLERATED } from "../../../src/migration/rollback/design.ts";
import { type ArmCounts, NO_COUNTS } from "../../../src/migration/rollback/evidence.ts";
import { binomialDraw } from "../rollback/simulation.ts";

const arm = (requests: number, fields: Partial<ArmCounts> = {}): ArmCounts => ({
  ...NO_COUNTS,
  requests,
  ttfts: requests,
  ...fields,
});
const judge = (candidate: ArmCounts, legacy = arm(50_000, { errors: 50, slow: 50 }), alpha = lookLevel(0.05 / 8, 1)) =>
  judgeStep({ candidate, legacy, alpha, tolerated: TOLERATED });

test("a healthy arm passes with a thousand requests, a bad one fails, a small one decides nothing", () => {
  assert.equal(judge(arm(1000)).status, "pass");
  assert.equal(judge(arm(1000, { errors: 40 })).status, "fail");
  assert.equal(judge(arm(1000, { slow: 40 })).status, "fail");
  assert.equal(judge(arm(1000, { timeouts: 120 })).status, "fail");
  assert.equal(judge(arm(50)).status, "undecided");
  assert.equal(judge(arm(1000, { ttfts: 298 })).reasons[0], "298 of 299 first tokens");
  assert.equal(judge(arm(0)).status, "undecided", "no data is no health");
});

test("what only the candidate refuses fails the step, what both refuse does not", () => {
  assert.equal(judge(arm(4000, { rejected: 100 })).status, "fail");
  assert.equal(judge(arm(1000, { rejected: 25 }), arm(50_000, { rejected: 1250 })).status, "undecided");
  assert.equal(judge(arm(40_000, { rejected: 1000 }), arm(500_000, { rejected: 12_500 })).status, "pass");
});

test("at 100 % the absolute rates decide alone", () => {
  assert.equal(judge(arm(5000, { errors: 10 }), NO_COUNTS).status, "pass");
});

test("with five looks a candidate at exactly the tolerated rate is passed in less than 5 % of the plans", () => {
  let passed = 0;
  for (let seed = 0; seed < 300; seed++) {
    const draw = binomialDraw(seededRandom(seed), 500, TOLERATED.error);
    let [errors, requests] = [0, 0];
    for (let look = 1; look <= 5; look++) {
      while (requests < 1000 * 1.5 ** (look - 1)) {
        errors += draw();
        requests += 500;
      }
      if (judge(arm(requests, { errors }), NO_COUNTS, lookLevel(0.05, look)).status !== "pass") continue;
      passed++;
      break;
    }
  }
  assert.ok(passed <= 15, `${passed} of 300`);
});
