// Which model a name means, and who may use it under which name.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Client } from "../../../src/gateway/index.ts";
import { chosenModel, type Naming } from "../../../src/gateway/models/chosen-model.ts";
import type { Alias, AliasTarget } from "../../../src/gateway/models/model-names.ts";
import type { GatewayModel } from "../../../src/gateway/options.ts";
import { inTurn, LIMITS, CONTROL_DEFAULTS } from "../harness.ts";

function model(name: string): GatewayModel {
  const policy = inTurn();
  return { name, policy, loadPolicy: policy, prompt: undefined, limits: LIMITS, controls: CONTROL_DEFAULTS };
}

const MODELS = new Map([model("one"), model("two")].map((one) => [one.name, one]));
const ADAPTERS = new Map([["sql", { name: "sql", model: "two", path: "/p", load: false }]]);

function alias(name: string, ...targets: [AliasTarget, ...AliasTarget[]]): Alias {
  return { name, targets, choose: ({ requestId }) => targets[Number(requestId)] ?? targets[0] };
}

const ALIASES = new Map(
  [alias("chat", { model: "one" }, { model: "two", adapter: "sql" }), alias("gone", { model: "no such model" })].map(
    (one) => [one.name, one],
  ),
);

const NAMING: Naming = {
  names: [...MODELS.keys()],
  model: (name) => MODELS.get(name),
  adapters: { find: (name) => ADAPTERS.get(name) },
  more: {
    alias: (name) => ALIASES.get(name),
    adapter: (name) => ADAPTERS.get(name),
    aliases: () => [...ALIASES.values()],
    adapters: () => [...ADAPTERS.values()],
  },
};

const tenant = (...models: string[]): Client => ({
  tenant: "t",
  label: "t",
  keyId: undefined,
  routeHeader: false,
  maxOutputTokens: () => undefined,
  mayUse: (names) => names.some((name) => models.includes(name)),
  salt: () => undefined,
  saltsLegacy: false,
});

function chosen(name: string | undefined, client?: Client, requestId = "0") {
  const session = () => ({ sessionKey: undefined, requestId });
  const found = chosenModel(NAMING, { name, client, session });
  return "status" in found ? found.status : [found.model.name, found.adapter, found.alias, found.names];
}

test("models, adapters and aliases are found by their names, and nothing else is", () => {
  assert.deepEqual(chosen("one"), ["one", undefined, undefined, undefined]);
  assert.deepEqual(chosen("sql"), ["two", "sql", undefined, ["sql"]]);
  assert.deepEqual(chosen("chat"), ["one", undefined, "chat", ["chat", "one"]]);
  assert.deepEqual(chosen("chat", undefined, "1"), ["two", "sql", "chat", ["chat", "sql"]]);
  for (const name of ["other", "", "gone", "__proto__", "constructor", undefined]) assert.equal(chosen(name), 404);
});

test("any text as a name is a model or vLLM's 404", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 600 }), (name) => {
      const known = MODELS.has(name) || ADAPTERS.has(name) || name === "chat";
      assert.equal(chosen(name) === 404, !known);
    }),
  );
});

test("being allowed the model of an adapter is not enough; an adapter's own name is", () => {
  assert.equal(chosen("sql", tenant("two")), 404);
  assert.deepEqual(chosen("sql", tenant("sql")), ["two", "sql", undefined, ["sql"]]);
});

test("an alias is allowed by its name, or by all that it may stand for", () => {
  for (const request of ["0", "1"]) {
    assert.equal(chosen("chat", tenant("one"), request), 404);
    assert.equal(chosen("chat", tenant("one", "two"), request), 404);
    assert.notEqual(chosen("chat", tenant("chat"), request), 404);
    assert.notEqual(chosen("chat", tenant("one", "sql"), request), 404);
  }
});
