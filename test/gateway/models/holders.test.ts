// Who holds an adapter, who must, and when one more worker should.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Role } from "../../../src/fleet/index.ts";
import { holdersOf, holds, lackingRoles, spreadTo, workersFor } from "../../../src/gateway/models/holders.ts";
import { type TestWorker, testWorker } from "../harness.ts";

interface Made {
  readonly role?: Role;
  readonly holding?: boolean;
  readonly requests?: number;
}

function workerOf({ role = "both", holding = false, requests = 0 }: Made, nth = 0): TestWorker {
  const worker = testWorker(`w${nth}`, "http://127.0.0.1:1", { role });
  if (holding) worker.facts = { ...worker.facts, adapters: ["sql"] };
  for (let i = 0; i < requests; i++) worker.ledger.begin({ promptTokens: 10, cachedTokens: 0 });
  return worker;
}

const fleetOf = (...made: Made[]): TestWorker[] => made.map(workerOf);
const lacking = (...made: Made[]) => lackingRoles("sql", fleetOf(...made));
const spread = (...made: Made[]) => spreadTo("sql", fleetOf(...made)).map(({ id }) => id);

test("a whole request needs one holder, a split one a holder in each pool", () => {
  assert.deepEqual(lacking({}, {}), ["both"]);
  assert.deepEqual(lacking({}, { holding: true }), []);
  assert.deepEqual(lacking({ role: "prefill", holding: true }, { role: "decode" }), ["decode"]);
  assert.deepEqual(lacking({ role: "prefill" }, { role: "decode" }), ["prefill", "decode"]);
  assert.deepEqual(lacking({ role: "prefill", holding: true }, { role: "decode", holding: true }), []);
  assert.deepEqual(lacking({ role: "prefill" }, { role: "decode" }, { holding: true }), []);
});

test("requests for an adapter go to holders only, those for the model to all", () => {
  const made = fc.record({
    role: fc.constantFrom<Role>("both", "prefill", "decode"),
    holding: fc.boolean(),
    requests: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(made, { maxLength: 6 }), (list) => {
      const workers = fleetOf(...list);
      assert.equal(holdersOf(undefined, workers), workers);
      const served = holdersOf("sql", workers);
      assert.ok(served.every((one) => holds(one, "sql")));
      if (lackingRoles("sql", workers).length > 0) assert.deepEqual(served, []);
      else
        assert.deepEqual(
          served,
          workers.filter((one) => holds(one, "sql")),
        );
      assert.ok(spreadTo("sql", workers).every((one) => !holds(one, "sql")));
    }),
  );
});

test("a busy adapter goes to an idle worker of the same pool, an idle one stays where it is", () => {
  assert.deepEqual(spread({ holding: true, requests: 8 }, { requests: 3 }, { requests: 4 }), ["w1"]);
  assert.deepEqual(spread({ holding: true, requests: 7 }, {}), []);
  assert.deepEqual(spread({ holding: true, requests: 20 }, { requests: 10 }), []);
  assert.deepEqual(spread({ holding: true, requests: 20 }, { holding: true, requests: 2 }, {}), []);
  assert.deepEqual(spread({ holding: true, requests: 20, role: "decode" }, { role: "prefill" }), []);
  assert.deepEqual(spread({ requests: 20 }, {}), []);
});

test("a holder that is new and gets few of the model's requests gets those for its adapter", () => {
  const [settled, fresh, dead] = fleetOf({}, { holding: true }, { holding: true });
  assert.ok(settled && fresh && dead);
  dead.state = "dead";
  const fleet = { workers: () => [settled, fresh, dead], eligible: () => [settled] };
  assert.deepEqual(holdersOf("sql", workersFor(fleet, "tiny")), [fresh]);
  assert.deepEqual(workersFor(fleet, "other"), [settled]);
});
