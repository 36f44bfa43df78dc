// spec.gateway.workerControls of a deployment file: each field under both policies that are not its default.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CONTROLS } from "../../src/gateway/index.ts";
import { unary } from "../gateway/harness.ts";
import { behind, type FakeVllm, fakeVllm, type Served, served } from "./served.ts";

type Effect = "relayed" | "taken out" | "refused";

const EFFECTS: Readonly<Record<string, Effect>> = { allow: "relayed", strip: "taken out", reject: "refused" };

interface Sent {
  readonly in: "body" | "header";
  readonly name: string;
  readonly value: unknown;
}

test("workerControls: strip, reject and allow of each control, as the worker sees it", async () => {
  const worker = await fakeVllm(unary);
  const fields = Object.keys(CONTROLS) as (keyof typeof CONTROLS)[];
  const cases = fields.flatMap((field) => Object.keys(EFFECTS).map((policy) => ({ field, policy })));
  const name = ({ field, policy }: (typeof cases)[number]) => `${field}-${policy}`.toLowerCase();
  const specs = cases.map((one) => [
    name(one),
    { gateway: { workerControls: { [one.field]: one.policy } } },
  ]) satisfies unknown[];
  const serve = await served(behind(worker, Object.fromEntries(specs)));
  for (const one of cases) {
    const sent = { ...CONTROLS[one.field], value: CONTROLS[one.field].in === "header" ? "3" : { x: 3 } };
    assert.equal(await effect(serve, { worker, model: name(one), sent }), EFFECTS[one.policy], name(one));
  }
});

interface Case {
  readonly worker: FakeVllm;
  readonly model: string;
  readonly sent: Sent;
}

async function effect(serve: Served, { worker, model, sent }: Case): Promise<Effect> {
  const inBody = sent.in === "body";
  const answer = await serve.ask(
    model,
    inBody ? { [sent.name]: sent.value } : {},
    inBody ? {} : { [sent.name]: String(sent.value) },
  );
  const [request] = worker.asked(model);
  if (request === undefined) {
    assert.equal(answer.status, 400);
    return "refused";
  }
  const seen = inBody ? (JSON.parse(request.body) as Record<string, unknown>)[sent.name] : request.headers[sent.name];
  if (seen === undefined) return "taken out";
  assert.deepEqual(seen, sent.value);
  return "relayed";
}
