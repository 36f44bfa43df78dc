// Quotas of tenant, key and model on a virtual clock: exact, all or nothing, and not to be reset.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Denied, type Grant, quotas, type QuotaQuestion } from "../../../src/admission/index.ts";
import { noTenants, readDeploymentText, type TenantsConfig } from "../../../src/config/index.ts";
import { virtualClock } from "../../../src/core/virtual-clock.ts";

const NOON = Date.UTC(2026, 10, 15, 12);

function config(spec: object): TenantsConfig {
  const document = { apiVersion: "llm-d.nvidia.com/v1", kind: "Tenants", metadata: { name: "t" }, spec };
  const { tenants, diagnostics } = readDeploymentText({ file: "t.yaml", text: JSON.stringify(document) });
  assert.ok(tenants !== undefined, JSON.stringify(diagnostics));
  return tenants;
}

const ASK: QuotaQuestion = { tenant: "a", keyId: "k", model: "m", inputTokens: 10, outputTokens: 20 };

function granted(answer: Grant | Denied): Grant {
  assert.ok("settle" in answer, JSON.stringify(answer));
  return answer;
}

function denied(answer: Grant | Denied): Denied {
  assert.ok("waitMs" in answer);
  return answer;
}

test("each limit refuses by its own name, in the scope that has it", () => {
  const cases: [object, Denied["limit"], Denied["scope"]][] = [
    [{ limits: { requestsPerMinute: 1 } }, "requests", "tenant"],
    [{ keyLimits: { requestsPerMinute: 1 } }, "requests", "key"],
    [{ models: { m: { requestsPerMinute: 1 } } }, "requests", "model"],
    [{ limits: { inputTokensPerMinute: 15 } }, "input_tokens", "tenant"],
    [{ limits: { outputTokensPerMinute: 30 } }, "output_tokens", "tenant"],
    [{ limits: { concurrentRequests: 1 } }, "concurrent", "tenant"],
    [{ limits: { budgets: [{ unit: "tokens", per: "day", amount: 40 }] } }, "budget", "tenant"],
  ];
  for (const [tenant, limit, scope] of cases) {
    const all = quotas({ config: config({ tenants: [{ name: "a", ...tenant }] }), clock: virtualClock(NOON) });
    granted(all.admit(ASK));
    const no = denied(all.admit(ASK));
    assert.deepEqual([no.limit, no.scope], [limit, scope]);
    assert.ok(no.waitMs > 0);
    granted(all.admit({ ...ASK, tenant: "b", keyId: "other" }));
  }
});

test("a refusal takes nothing: what the tenant's meter allowed is not lost when the key's refuses", () => {
  const tenant = { name: "a", limits: { requestsPerMinute: 2 }, keyLimits: { concurrentRequests: 1 } };
  const all = quotas({ config: config({ tenants: [tenant] }), clock: virtualClock(NOON) });
  granted(all.admit(ASK));
  for (let i = 0; i < 5; i++) assert.equal(denied(all.admit(ASK)).scope, "key");
  granted(all.admit({ ...ASK, keyId: "second" }));
});

test("what was reserved and not used comes back; what streams beyond it counts at once", () => {
  const limits = { outputTokensPerMinute: 100 };
  const all = quotas({ config: config({ tenants: [{ name: "a", limits }] }), clock: virtualClock(NOON) });
  const long = granted(all.admit({ ...ASK, outputTokens: 80 }));
  assert.equal(denied(all.admit({ ...ASK, outputTokens: 30 })).limit, "output_tokens");
  long.settle({ inputTokens: 10, cachedTokens: 0, outputTokens: 5 });
  const short = granted(all.admit({ ...ASK, outputTokens: 30 }));
  for (let i = 0; i < 90; i++) short.token();
  assert.equal(denied(all.admit({ ...ASK, outputTokens: 10 })).limit, "output_tokens");
  short.settle({ inputTokens: 10, cachedTokens: 0, outputTokens: 90 });
  assert.equal(denied(all.admit({ ...ASK, outputTokens: 10 })).limit, "output_tokens");
  granted(all.admit({ ...ASK, outputTokens: 5 }));
});

test("a budget ends with its month, by a calendar that no jump of the wall clock moves", () => {
  let jump = 0;
  const virtual = virtualClock(NOON);
  const clock = { now: () => virtual.now(), epoch: () => virtual.epoch() + jump };
  const limits = { budgets: [{ unit: "money", per: "month", amount: 1 }] };
  const prices = { m: { inputPerMillion: 1_000_000, outputPerMillion: 0 } };
  const all = quotas({ config: config({ prices, tenants: [{ name: "a", limits }] }), clock });
  const ask = { ...ASK, inputTokens: 1, outputTokens: 0 };
  assert.equal(granted(all.admit(ask)).settle({ inputTokens: 1, cachedTokens: 0, outputTokens: 0 }), 1_000_000_000);
  assert.equal(denied(all.admit(ask)).limit, "budget");
  for (const by of [40 * 86_400_000, -40 * 86_400_000, Number.NaN]) {
    jump = by;
    virtual.advance(60_000);
    assert.equal(denied(all.admit(ask)).limit, "budget");
  }
  jump = 0;
  virtual.advance(denied(all.admit(ask)).waitMs + 1);
  granted(all.admit(ask));
});

test("bug: a request that asks for more than a whole budget was told to come again tomorrow", () => {
  const limits = { budgets: [{ unit: "tokens", per: "day", amount: 1000 }] };
  const all = quotas({ config: config({ tenants: [{ name: "a", limits }] }), clock: virtualClock(NOON) });
  assert.equal(denied(all.admit({ ...ASK, outputTokens: 1000 })).waitMs, Infinity);
  granted(all.admit({ ...ASK, outputTokens: 900 }));
  assert.equal(denied(all.admit({ ...ASK, outputTokens: 900 })).waitMs, 12 * 3_600_000);
});

test("bug: a request for less than no output gave back what others had reserved, and stayed reserved itself", () => {
  const limits = { budgets: [{ unit: "tokens", per: "day", amount: 1000 }] };
  const all = quotas({ config: config({ tenants: [{ name: "a", limits }] }), clock: virtualClock(NOON) });
  granted(all.admit({ ...ASK, outputTokens: 900 }));
  const odd = granted(all.admit({ ...ASK, outputTokens: -5000 }));
  assert.equal(denied(all.admit({ ...ASK, outputTokens: 900 })).limit, "budget");
  odd.settle({ inputTokens: 0, cachedTokens: 0, outputTokens: 0 });
  assert.equal(all.budgets()[0]?.used, 910 / 1000);
  granted(all.admit({ ...ASK, outputTokens: 80 }));
});

test("bug: an answer in one piece that took longer than a minute was counted as its reservation", () => {
  const clock = virtualClock(NOON);
  const limits = { outputTokensPerMinute: 1000 };
  const all = quotas({ config: config({ tenants: [{ name: "a", limits }] }), clock });
  const slow = granted(all.admit({ ...ASK, outputTokens: 500 }));
  clock.advance(90_000);
  slow.settle({ inputTokens: 10, cachedTokens: 0, outputTokens: 1400 });
  const no = denied(all.admit({ ...ASK, outputTokens: 101 }));
  assert.deepEqual([no.limit, no.waitMs > 59_000], ["output_tokens", true]);
  granted(all.admit({ ...ASK, outputTokens: 100 }));
});

test("bug: what streams ran on after a reload of limits counted for nothing", () => {
  const limited = (outputTokensPerMinute: number) =>
    config({ tenants: [{ name: "a", limits: { outputTokensPerMinute } }] });
  const clock = virtualClock(NOON);
  const all = quotas({ config: limited(1000), clock });
  const stream = granted(all.admit({ ...ASK, outputTokens: 1 }));
  all.renew(limited(900), []);
  granted(all.admit({ ...ASK, outputTokens: 1 }));
  for (let i = 0; i < 898; i++) stream.token();
  assert.equal(denied(all.admit({ ...ASK, outputTokens: 2 })).limit, "output_tokens");
});

test("a soft budget serves on and says so; what the ledger knows is counted after a start", () => {
  const budgets = [{ unit: "tokens", per: "month", amount: 50, mode: "soft" }];
  const past = [
    {
      tenant: "a",
      keyId: "k",
      model: "m",
      inputTokens: 60,
      cachedTokens: 0,
      outputTokens: 0,
      cost: 0,
      day: Date.UTC(2026, 10, 2),
    },
  ];
  const soft = { config: config({ tenants: [{ name: "a", limits: { budgets } }] }), clock: virtualClock(NOON), past };
  assert.equal(granted(quotas(soft).admit(ASK)).beyondSoft, true);
  assert.equal(granted(quotas({ ...soft, past: [] }).admit(ASK)).beyondSoft, false);
  const hard = config({ tenants: [{ name: "a", limits: { budgets: [{ ...budgets[0], mode: "hard" }] } }] });
  assert.equal(denied(quotas({ ...soft, config: hard }).admit(ASK)).limit, "budget");
});

test("new limits hold from the next request on, without forgetting who is inside or what the minute held", () => {
  const before = config({ tenants: [{ name: "a", limits: { concurrentRequests: 5, requestsPerMinute: 5 } }] });
  const all = quotas({ config: before, clock: virtualClock(NOON) });
  const first = granted(all.admit(ASK));
  granted(all.admit(ASK));
  all.renew(config({ tenants: [{ name: "a", limits: { concurrentRequests: 2, requestsPerMinute: 3 } }] }), []);
  assert.equal(denied(all.admit(ASK)).limit, "concurrent");
  first.settle({ inputTokens: 0, cachedTokens: 0, outputTokens: 0 });
  granted(all.admit(ASK));
  all.renew(config({ tenants: [{ name: "a", limits: { requestsPerMinute: 3 } }] }), []);
  assert.equal(denied(all.admit(ASK)).limit, "requests");
});

test("a reload loses nothing of a budget: neither what was used since the ledger was read nor what runs", () => {
  const budget = (amount: number) =>
    config({ tenants: [{ name: "a", limits: { budgets: [{ unit: "tokens", per: "day", amount }] } }] });
  const all = quotas({ config: budget(1000), clock: virtualClock(NOON) });
  granted(all.admit(ASK)).settle({ inputTokens: 300, cachedTokens: 0, outputTokens: 0 });
  const running = granted(all.admit(ASK));
  all.renew(budget(900), []);
  assert.equal(all.budgets()[0]?.used, 330 / 1000, "until it is asked again");
  granted(all.admit({ ...ASK, inputTokens: 1, outputTokens: 0 })).settle({
    inputTokens: 0,
    cachedTokens: 0,
    outputTokens: 0,
  });
  running.settle({ inputTokens: 500, cachedTokens: 0, outputTokens: 0 });
  running.settle({ inputTokens: 500, cachedTokens: 0, outputTokens: 0 });
  assert.equal(all.budgets()[0]?.used, 800 / 900);
  assert.equal(denied(all.admit({ ...ASK, inputTokens: 101, outputTokens: 0 })).limit, "budget");
  granted(all.admit({ ...ASK, inputTokens: 100, outputTokens: 0 }));
});

test("no course of requests takes more than a hard budget, or leaves it negative", () => {
  const step = fc.record({
    asked: fc.nat(50),
    used: fc.nat(50),
    ms: fc.integer({ min: 0, max: 90_000 }),
    ends: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const clock = virtualClock(NOON);
      const limits = { budgets: [{ unit: "tokens", per: "month", amount: 200 }] };
      const all = quotas({ config: config({ tenants: [{ name: "a", limits }] }), clock });
      let total = 0;
      const open: { grant: Grant; used: number }[] = [];
      for (const { asked, used, ms, ends } of steps) {
        const answer = all.admit({ ...ASK, inputTokens: 0, outputTokens: asked });
        if ("settle" in answer) open.push({ grant: answer, used: Math.min(used, asked) });
        if (ends)
          for (const one of open.splice(0)) {
            one.grant.settle({ inputTokens: 0, cachedTokens: 0, outputTokens: one.used });
            total += one.used;
          }
        clock.advance(ms);
      }
      assert.ok(total <= 200);
      assert.ok("settle" in all.admit({ ...ASK, inputTokens: 0, outputTokens: 0 }));
    }),
    { numRuns: 50 },
  );
});

test("without a Tenants document nothing is limited", () => {
  const all = quotas({ config: noTenants(), clock: virtualClock(NOON) });
  for (let i = 0; i < 1000; i++) granted(all.admit(ASK));
});
