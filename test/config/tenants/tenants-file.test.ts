// Tenants files: every fault with its place, nothing of a faulty one in force.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readDeploymentText, TENANTS_EXAMPLE } from "../../../src/config/index.ts";
import { deploymentText } from "../deployment-text.ts";

const HEAD = "apiVersion: llm-d.nvidia.com/v1\nkind: Tenants\nmetadata: { name: t }\nspec:\n";

function faults(spec: string): string[] {
  const { diagnostics, tenants } = readDeploymentText({ file: "t.yaml", text: HEAD + spec });
  assert.equal(tenants, undefined);
  return diagnostics.map(({ line, path, code }) => `${line} ${path} ${code}`);
}

test("each fault has its line, its path and a code", () => {
  const cases: [string, string][] = [
    ["  tenant: []\n", "5 spec.tenant unknown-field"],
    ["  tenants: [{ name: A }]\n", "5 spec.tenants[0].name bad-value"],
    ["  tenants: [{ name: a }, { name: a }]\n", "5 spec.tenants[1].name conflict"],
    ["  tenants: [{ name: anonymous }]\n", "5 spec.tenants[0].name conflict"],
    [
      "  tenants:\n    - name: a\n      limits: { requestsPerMinute: -1 }\n",
      "7 spec.tenants[0].limits.requestsPerMinute out-of-range",
    ],
    ["  jwt: [{ issuer: i, audience: a }]\n", "5 spec.jwt[0] conflict"],
    ["  jwt: [{ issuer: i, audience: a, jwksUrl: 'http://evil' }]\n", "5 spec.jwt[0].jwksUrl bad-value"],
    ["  trustedHeader: { name: x, from: [10.0.0.0/33] }\n", "5 spec.trustedHeader.from[0] conflict"],
    [
      "  tenants: [{ name: a, limits: { budgets: [{ unit: money, per: day, amount: 1 }] } }]\n",
      "5 spec.tenants[0].limits.budgets conflict",
    ],
    [
      "  defaults: { models: { m: { budgets: [{ unit: money, per: day, amount: 1 }] } } }\n",
      "5 spec.defaults.models.m.budgets conflict",
    ],
    [
      "  prices: { m: {} }\n  defaults: { keyLimits: { budgets: [{ unit: money, per: day, amount: 9000001 }] } }\n",
      "6 spec.defaults.keyLimits.budgets[0].amount conflict",
    ],
  ];
  for (const [spec, expected] of cases) assert.deepEqual(faults(spec), [expected]);
});

test("a process has one Tenants document", () => {
  const { diagnostics } = readDeploymentText({ file: "t.yaml", text: `${TENANTS_EXAMPLE}---\n${TENANTS_EXAMPLE}` });
  assert.deepEqual(
    diagnostics.map(({ code, path }) => `${path} ${code}`),
    ["metadata.name conflict"],
  );
});

test("bug: a price, or a limit, of a model that there is not counted for nothing, without a word", () => {
  const deployment = deploymentText({ spec: { model: { name: "m", servedNames: ["first", "second"] } } });
  const spec =
    "  prices: { first: {}, second: {} }\n  tenants: [{ name: a, models: { frist: { requestsPerMinute: 1 } } }]\n";
  const { diagnostics, tenants } = readDeploymentText({ file: "t.yaml", text: `${deployment}---\n${HEAD}${spec}` });
  assert.ok(tenants);
  assert.deepEqual(
    diagnostics.map(({ severity, path, expected }) => `${severity} ${path} ${expected}`),
    ["warning spec.prices.second first", "warning spec.tenants[0].models.frist first"],
  );
});
