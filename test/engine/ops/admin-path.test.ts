// GET, POST and DELETE /_sim/faults, and what they refuse.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { SwitchgearError } from "../../../src/core/index.ts";
import { type FaultSpec, NO_FAULTS, parseFaultSpec, parseFaultText } from "../../../src/engine/ops/fault-spec.ts";
import { standIn } from "./stand-in.ts";

interface Shown {
  readonly faults: FaultSpec;
  readonly struck: Record<string, number>;
}

interface Refused {
  readonly error: { readonly code: string; readonly message: string; readonly issues: { readonly path: string }[] };
}

test("faults are shown, replaced and cleared", async (t) => {
  const engine = await standIn();
  t.after(() => engine.close());
  const url = `http://127.0.0.1:${engine.port}/_sim/faults`;
  const call = async (method: string, body?: string) => {
    const response = await fetch(url, { method, ...(body !== undefined && { body }) });
    return { status: response.status, body: (await response.json()) as Shown };
  };
  assert.deepEqual(await call("GET"), { status: 200, body: { state: "ready", faults: NO_FAULTS, struck: {} } });
  const set = await call("POST", `{"errors":[{"kind":"503"}],"latency":{"ms":5}}`);
  assert.equal(set.status, 200);
  await fetch(`http://127.0.0.1:${engine.port}/v1/chat/completions`, { method: "POST", body: "{}" });
  const shown = (await call("GET")).body;
  assert.deepEqual(shown.struck, { latency: 1, "error:503": 1 });
  assert.deepEqual(shown.faults.latency, { ms: 5, jitterMs: 0, rate: 1 });
  assert.deepEqual((await call("DELETE")).body.faults, NO_FAULTS);
  assert.equal((await call("PUT", "{}")).status, 405);
});

test("a bad description is refused with every fault in it, and changes nothing", async (t) => {
  const engine = await standIn();
  t.after(() => engine.close());
  const url = `http://127.0.0.1:${engine.port}/_sim/faults`;
  const body = `{"latency":{"ms":-1},"errors":[{"kind":"418"},{"kind":"500","rate":2}],"stal":{}}`;
  const response = await fetch(url, { method: "POST", body });
  const { error } = (await response.json()) as Refused;
  assert.equal(response.status, 400);
  assert.equal(error.code, "SWG_FAULTS_INVALID");
  const paths = error.issues.map((issue) => issue.path);
  assert.deepEqual(paths.toSorted(), ["(top level)", "errors.0.kind", "errors.1.rate", "latency.ms"]);
  assert.match(error.message, /latency\.ms = -1: .*>=0/);
  const { faults } = (await (await fetch(url)).json()) as Shown;
  assert.deepEqual(faults, NO_FAULTS);
  const tooLong = await fetch(url, { method: "POST", body: " ".repeat(70_000) });
  assert.equal(tooLong.status, 413);
});

test("text that is not JSON and rates above 1 in sum are refused", () => {
  assert.throws(() => parseFaultText("{", "--faults"), { code: "SWG_FAULTS_INVALID", message: /^--faults: .*JSON/ });
  const input = {
    errors: [
      { kind: "500", rate: 0.6 },
      { kind: "503", rate: 0.6 },
    ],
  };
  assert.throws(() => parseFaultSpec(input, "--faults"), { message: /errors = .*add up to at most 1/ });
});

test("any JSON is taken or refused with the code, never a crash", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      try {
        parseFaultText(text, "--faults");
      } catch (error) {
        assert.ok(error instanceof SwitchgearError);
        assert.equal(error.code, "SWG_FAULTS_INVALID");
      }
    }),
  );
});
