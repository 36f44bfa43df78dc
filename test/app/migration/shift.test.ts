// A plan in a running gateway: sessions move by weight, failures of the candidate are saved and counted, traffic goes back.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readPlan } from "../../../src/migration/index.ts";
import { eventually } from "../api.ts";
import { temporaryFolder } from "../../core/temporary-folder.ts";
import { migrating } from "./migrating.ts";

const HALF = { schedule: { ...schedule(), steps: [{ weight: 0.5 }, { weight: 1 }] } };

function schedule() {
  return { checkIntervalSeconds: 0.05, minRequests: 0, noDataGraceSeconds: 3600 };
}

async function sides(gateway: Awaited<ReturnType<typeof migrating>>, users: number): Promise<string[]> {
  const found: string[] = [];
  for (let i = 0; i < users; i++) {
    const { status, body } = await gateway.ask(`user-${i}`);
    assert.equal(status, 200);
    found.push(body.includes('"legacy"') ? "legacy" : "candidate");
  }
  return found;
}

test("before its start all traffic is the legacy's; at half the sessions are split, each always on its side", async () => {
  const gateway = await migrating({ spec: HALF });
  assert.deepEqual(new Set(await sides(gateway, 10)), new Set(["legacy"]));
  assert.equal((await gateway.command("start", { actor: "ann" })).status, 200);
  await gateway.until(({ plan }) => plan.phase === "canary" && plan.weightConfirmed);
  const first = await sides(gateway, 40);
  assert.deepEqual(new Set(first), new Set(["legacy", "candidate"]));
  assert.deepEqual(await sides(gateway, 40), first, "sticky");
  const { share, plan } = await gateway.status();
  assert.equal(share.candidate, first.filter((one) => one === "candidate").length);
  assert.equal(plan.weight, 0.5);
  // What `convert --strategy disaggregated` asks of a plan that is completed.
  assert.deepEqual(readPlan(join(gateway.folder, "plan.log"))?.plan.target, { model: "m", strategy: "colocated" });
  await gateway.command("set", { weight: 1 });
  const second = await sides(gateway, 40);
  assert.deepEqual(new Set(second), new Set(["candidate"]));
});

test("bug: the status knew nothing of requests since the plan's last look at its evidence", async () => {
  // Longer than the waiting below: no look comes between.
  const schedule = { checkIntervalSeconds: 4, steps: [{ weight: 0.5 }, { weight: 1 }] };
  const gateway = await migrating({ spec: { schedule } });
  await gateway.command("start");
  const phase = async (): Promise<string> => (await gateway.status()).plan.phase;
  await eventually("its first step, at a look", async () => (await phase()) === "canary", 10_000);
  for (let i = 0; i < 10; i++) assert.equal((await gateway.ask(`user-${i}`)).status, 200);
  await eventually(
    "all are counted",
    async () => {
      const { gates, plan } = await gateway.status();
      const judged = gates.flatMap(({ what, n }) => (what === "errors" ? [n] : []));
      const { legacy, candidate } = plan.progress;
      return judged.reduce((sum, n) => sum + n, 0) === 10 && legacy.requests + candidate.requests === 10;
    },
    2000,
  );
});

test("a candidate that fails is saved by the legacy arm, each leg is counted, and traffic goes back", async () => {
  const gateway = await migrating({
    spec: HALF,
    candidate: (_request, response) => void response.writeHead(500).end('{"error":{"message":"no"}}'),
  });
  await gateway.command("start");
  await gateway.until(({ plan }) => plan.phase === "canary");
  await gateway.command("set", { weight: 1, force: true });
  // Failures of a live candidate, no outage: the detector decides, not the breaker.
  for (let i = 0; i < 400 && (await gateway.status()).plan.phase !== "rolled-back"; i++) {
    const { status, body } = await gateway.ask(`user-${i}`);
    assert.equal(status, 200, "no client error");
    assert.ok(body.includes('"legacy"'));
  }
  const { plan } = await gateway.until((now) => now.plan.phase === "rolled-back");
  assert.equal(plan.weight, 0);
  const asked = gateway.candidate.requests.filter(({ path }) => path.endsWith("/completions")).length;
  await gateway.ask("afterwards");
  assert.equal(gateway.candidate.requests.filter(({ path }) => path.endsWith("/completions")).length, asked);
  // The windowed detector or the relative guard, whichever has its numbers first.
  assert.ok(gateway.log.some((line) => /ROLLBACK TRIGGERED: (Error rate 100\.0% > 1%|Errors 100\.00%)/.test(line)));
  assert.ok(gateway.log.some((line) => line.includes("ROLLBACK COMPLETE: All traffic shifted to vLLM")));
  const [bundle = ""] = readdirSync(join(gateway.folder, "evidence"));
  const legs = JSON.parse(readFileSync(join(gateway.folder, "evidence", bundle, "candidate-legs.json"), "utf8"));
  assert.equal(legs[0].class, "backend-5xx");
  const report = await gateway.report();
  assert.equal(report.history.at(-1)?.phase, "rolled-back");
  assert.deepEqual(report.evidence, [bundle]);
});

test("a rollback takes back what the candidate has not begun to answer", async () => {
  let hung = 0;
  const gateway = await migrating({ spec: HALF, candidate: () => void hung++ });
  await gateway.command("start");
  await gateway.until(({ plan }) => plan.phase === "canary");
  await gateway.command("set", { weight: 1, force: true });
  const answers = [gateway.ask("a"), gateway.ask("b", { stream: true })];
  await gateway.until(() => hung === 2);
  await gateway.command("rollback", { actor: "ann", reason: "drill" });
  for (const { status, body } of await Promise.all(answers)) {
    assert.equal(status, 200);
    assert.ok(body.includes('"legacy"'));
  }
});

test("commands see the version, need their members, and are refused when it is not their time", async () => {
  const gateway = await migrating({ spec: HALF });
  assert.equal((await gateway.command("promote")).status, 409);
  assert.equal((await gateway.command("abort")).status, 400);
  assert.equal((await gateway.command("start", { actr: "x" })).status, 400);
  const stale = await gateway.command("start", { version: 99 });
  assert.equal(stale.status, 409);
  assert.match(JSON.stringify(stale.body), /"conflict"/);
  assert.equal((await gateway.command("start", { version: 1, actor: "ann" })).status, 200);
  await gateway.until(({ plan }) => plan.phase === "canary");
  const [first] = (await gateway.report()).audit;
  assert.equal(first?.who, "ann");
  assert.equal(first?.what, "start");
  assert.equal(first?.from.phase, "draft");
});

test("a preflight that fails keeps the plan in draft, unless it is overridden by name", async () => {
  const gateway = await migrating({ spec: HALF, failures: ["tools"] });
  await gateway.command("start");
  await gateway.until(({ plan }) => plan.phase === "draft" && plan.version > 2);
  await gateway.command("start", { override: ["tools"] });
  await gateway.until(({ plan }) => plan.phase === "canary");
});

test("an edited file renews a plan that nobody has started, and is said to change none that runs", async () => {
  const steps = (...weights: readonly number[]) => ({
    schedule: { ...schedule(), steps: weights.map((weight) => ({ weight })) },
  });
  const folder = temporaryFolder();
  const draft = await migrating({ spec: steps(0.5, 1), folder });
  await draft.stop();
  const renewed = await migrating({ spec: steps(0.25, 1), folder });
  await renewed.command("start");
  const { plan, faults } = await renewed.until((now) => now.plan.phase === "canary" && now.plan.weightConfirmed);
  assert.deepEqual([plan.weight, faults], [0.25, []]);
  await renewed.stop();
  const edited = await migrating({ spec: steps(0.75, 1), folder });
  const status = await edited.status();
  assert.equal(status.plan.weight, 0.25);
  assert.match(
    status.faults.join(),
    /other arms than those that were probed .* as it was begun, .* otherwise \(steps\)/,
  );
});

test("the gateway comes back after a stop with the weight it had", async () => {
  const first = await migrating({ spec: HALF });
  await first.command("start");
  await first.until(({ plan }) => plan.phase === "canary" && plan.weightConfirmed);
  const before = await sides(first, 20);
  await first.stop();
  const again = await migrating({ spec: HALF, folder: join(first.folder, "..", "..") });
  assert.equal((await again.status()).plan.phase, "canary");
  assert.deepEqual(await sides(again, 20), before);
});

test("a candidate elsewhere is asked by its own model name and answers by the client's, stream or not", async () => {
  const gateway = await migrating({ spec: HALF, outside: "theirs" });
  await gateway.command("start");
  await gateway.until(({ plan, arms }) => plan.phase === "canary" && arms.candidate.ready === 1);
  await gateway.command("set", { weight: 1, force: true });
  for (const stream of [false, true]) {
    const { status, body, headers } = await gateway.ask("anna", { stream });
    assert.equal(status, 200);
    assert.ok(body.includes("candidate") && body.includes('"model":"m"') && !body.includes("theirs"), body);
    assert.equal(headers["content-length"] === undefined || Number(headers["content-length"]) === body.length, true);
  }
  const [asked] = gateway.candidate.asked("theirs");
  assert.match(asked?.body ?? "", /"model": ?"theirs"/);
});

test("requests wait for the legacy arm to come up, whatever the candidate does meanwhile", async () => {
  const gateway = await migrating({ spec: HALF, early: true });
  const { status, body } = await gateway.ask("anna");
  assert.equal(status, 200);
  assert.ok(body.includes('"legacy"'));
});
