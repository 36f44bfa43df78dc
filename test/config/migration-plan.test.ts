// Migration plans in files: read beside deployments, faults with their place.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stringify } from "yaml";
import { readDeploymentText } from "../../src/config/index.ts";
import { deploymentText } from "./deployment-text.ts";

function planText(spec: object = {}): string {
  const arms = {
    legacy: { url: "http://10.0.0.9:8000/old", headers: { "X-Team": "a" }, models: { "org/model": "m-old" } },
    candidate: { deployment: "one" },
  };
  return stringify({
    apiVersion: "llm-d.nvidia.com/v1",
    kind: "MigrationPlan",
    metadata: { name: "move" },
    spec: { ...arms, ...spec },
  });
}

function read(...texts: string[]) {
  return readDeploymentText({ file: "t.yaml", text: texts.join("---\n") });
}

test("a plan is read beside its deployment, with the defaults of the seed's world", () => {
  const { plans, deployments, diagnostics } = read(deploymentText(), planText());
  assert.deepEqual(diagnostics, []);
  assert.equal(deployments.length, 1);
  const [plan] = plans;
  assert.ok(plan);
  assert.equal(plan.legacy.kind === "endpoint" && plan.legacy.basePath, "/old");
  assert.deepEqual(plan.legacy.kind === "endpoint" && plan.legacy.headers, { "x-team": "a" });
  assert.deepEqual(plan.candidate, { kind: "deployment", deployment: "one", models: {}, gpus: 1 });
  assert.equal(plan.schedule.checkIntervalSeconds, 30);
  assert.equal(plan.shadow.pairLimitSeconds, 30);
  assert.equal(plan.shadow.requestLimitSeconds, 60);
});

const FAULTS: Readonly<Record<string, readonly [object, string, string]>> = {
  "unknown field": [{ scedule: {} }, "spec.scedule", "unknown field"],
  "weights that fall": [
    { schedule: { steps: [{ weight: 0.5 }, { weight: 0.1 }, { weight: 1 }] } },
    "spec.schedule.steps[1].weight",
    "must be above the weight before it",
  ],
  "weights that end early": [
    { schedule: { steps: [{ weight: 0.5 }] } },
    "spec.schedule.steps[0].weight",
    "the last weight must be 1",
  ],
  "an arm that is two things": [
    { candidate: { deployment: "one", url: "http://a:1" } },
    "spec.candidate",
    "must name either a deployment or a url",
  ],
  "two endpoints": [
    { candidate: { url: "http://a:1" } },
    "spec.legacy",
    "one arm at least must be a deployment: it says which models clients may name",
  ],
  "an unknown deployment": [
    { candidate: { deployment: "two" } },
    "spec.candidate.deployment",
    "no such deployment here",
  ],
  "a share above one": [{ shadow: { fraction: 2 } }, "spec.shadow.fraction", "is out of range"],
};

for (const [name, [spec, path, message]] of Object.entries(FAULTS)) {
  test(`${name}: the fault is named where it stands`, () => {
    const { diagnostics, plans } = read(deploymentText(), planText(spec));
    assert.deepEqual(plans, []);
    const found = diagnostics.find((one) => one.path === path);
    assert.ok(found, JSON.stringify(diagnostics));
    assert.equal(found.message, message);
    assert.ok(found.line > 1);
  });
}
