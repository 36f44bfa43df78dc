// Admission on the simulator, the short form of `npm run bench:admission`: a flood, an overload, eight tenants.
import assert from "node:assert/strict";
import { test } from "node:test";
import { jain, measure, plan, type Setup } from "../../bench/simulator/admission-scenarios.ts";
import { loadProfile } from "../../src/model/index.ts";
import { policyOf } from "../../src/routing/index.ts";
import { openLoop, simulate } from "../../src/simulator/index.ts";

const SETUP: Setup = { profile: "qwen3-32b-h200-tp2-bf16", workers: 2, seconds: 20 };
const KNEE = 21;

test("while one of five tenants sends 20 times as much, the others keep their promises; first come first served they do not", () => {
  const sources = ["a", "b", "c", "d", "e"].map((tenant) => ({ tenant, perSecond: (tenant === "a" ? 20 : 1) * 2.1 }));
  const of = (rule: "fair" | "fcfs") => measure(SETUP, sources, { rule, seed: "1" }).of("b", "c", "d", "e");
  assert.ok(of("fair").goodput >= 0.99);
  assert.ok(of("fcfs").goodput < 0.5);
});

test("while one of five tenants sends 20 times as much, the others go on at once: no place is kept from them for each other", () => {
  const sources = ["a", "b", "c", "d", "e"].map((tenant) => ({ tenant, perSecond: (tenant === "a" ? 20 : 1) * 2.1 }));
  const profile = loadProfile(SETUP.profile);
  const { requests } = simulate({
    profiles: [profile, profile],
    policy: policyOf("kv_aware"),
    arrivals: openLoop(plan(sources, 40, "1")),
    seed: "1",
    admission: { rule: "fair", queueLength: 1024, starvationMs: 10_000, ttftMs: 2000, itlMs: 50 },
  });
  const waited = (isFlood: boolean) => {
    const after = requests.filter(({ sentAt, failure }) => sentAt > 4000 && failure === undefined);
    const of = after.filter(({ tenant }) => (tenant === "a") === isFlood);
    return of.filter(({ legSentAt, sentAt }) => legSentAt > sentAt).length / of.length;
  };
  assert.ok(waited(false) <= 0.02, `${waited(false)} of the others' requests waited`);
  assert.ok(waited(true) >= 0.5);
});

test("at twice the knee at least 90 % of the knee's good requests are served", () => {
  const of = (perSecond: number) => measure(SETUP, [{ tenant: "a", perSecond }], { rule: "fair", seed: "1" }).of();
  const [knee, twice] = [of(KNEE), of(2 * KNEE)];
  assert.equal(knee.rejected, 0);
  assert.ok(twice.goodPerSecond >= 0.9 * knee.goodPerSecond, `${twice.goodPerSecond} of ${knee.goodPerSecond}`);
});

test("eight tenants that all ask for more than their share get about as much each", () => {
  const sources = Array.from({ length: 8 }, (_, i) => ({ tenant: `t${i}`, perSecond: (KNEE / 6) * (1 + (9 * i) / 7) }));
  const run = measure(SETUP, sources, { rule: "fair", seed: "1" });
  assert.ok(jain(sources.map(({ tenant }) => run.of(tenant).served)) >= 0.95);
});

test("batch fills what interactive requests leave, and costs them little; in the same line it costs them most of their promises", () => {
  const people = { tenant: "people", priority: "interactive" as const, perSecond: KNEE / 2 };
  const work = { tenant: "work", priority: "batch" as const, perSecond: KNEE };
  // A P99 of one minute rests on six requests.
  const of = (rule: "fair" | "fcfs", sources: readonly (typeof people | typeof work)[], seconds = 300) =>
    measure({ ...SETUP, seconds }, sources, { rule, seed: "1" });
  const alone = of("fair", [people]).of("people");
  const both = of("fair", [people, work]);
  // The bench has the mean of several seeds; one seed is this far from it.
  assert.ok(
    both.of("people").ttftP99Ms <= 1.1 * alone.ttftP99Ms,
    `${both.of("people").ttftP99Ms} of ${alone.ttftP99Ms}`,
  );
  assert.ok(both.of("people").goodput >= alone.goodput - 0.01);
  assert.ok(both.of("work").served >= 0.2 * both.of("people").served);
  assert.ok(of("fcfs", [people, work], 60).of("people").goodput < 0.5);
});

test("batch that has not begun gives way as in the gateway: it is sent again, and everything ends", () => {
  const sources = [
    { tenant: "people", priority: "interactive" as const, perSecond: 5 },
    { tenant: "work", priority: "batch" as const, perSecond: 5 },
  ];
  const { requests } = simulate({
    profiles: [loadProfile(SETUP.profile)],
    policy: policyOf("kv_aware"),
    arrivals: openLoop(plan(sources, 30, "1")),
    seed: "1",
    admission: { rule: "fair", queueLength: 1024, starvationMs: 10_000, ttftMs: 2000, itlMs: 50 },
  });
  const of = (tenant: string) => requests.filter((one) => one.tenant === tenant);
  const retried = of("work").filter(({ retries }) => retries > 0);
  assert.ok(retried.length > 0);
  assert.ok(
    retried.every(({ retries }) => retries <= 2),
    "as often as limits.retries allows",
  );
  assert.ok(of("people").every(({ retries }) => retries === 0));
  assert.ok(requests.every(({ lastTokenAt, failure }) => lastTokenAt !== undefined || failure !== undefined));
  assert.ok(retried.every(({ lastTokenAt }) => lastTokenAt !== undefined));
});
