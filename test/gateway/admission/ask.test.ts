// Whose request it is, its class and its deadline: what the model promises, what the tenant is promised, what a client may say.
import assert from "node:assert/strict";
import { test } from "node:test";
import { askedOf } from "../../../src/gateway/admission/ask.ts";
import type { ExchangeParts } from "../../../src/gateway/exchange-parts.ts";
import type { Client } from "../../../src/gateway/index.ts";
import { promisedTo } from "../../../src/gateway/promised/promised-to.ts";

interface Given {
  readonly client?: Partial<Client>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly sloHeader?: boolean;
}

function ask({ client, headers = {}, sloHeader = true }: Given) {
  const slo = { ttftP99Ms: 2000, itlP99Ms: undefined, availabilityTarget: undefined };
  const model = { slo, admission: { starvationMs: 1, sloHeader, classHeader: true } };
  const parts = {
    record: { client, arrivedAt: 0, readAt: 100 },
    accepted: { model, promised: promisedTo({ client: client as Client | undefined, model, headers }) },
    clientHeaders: headers,
  };
  return askedOf(parts as unknown as ExchangeParts);
}

const SOON = { "x-slo-ttft-ms": "300" };

test("the deadline is the model's promise, the tenant's in its place, or what a client may say", () => {
  assert.equal(ask({}).deadlineAt, 2100);
  assert.equal(ask({ client: { tenant: "a", slo: { ttftP99Ms: 500 } } }).deadlineAt, 600);
  assert.equal(ask({ client: { tenant: "a", slo: {} } }).deadlineAt, 2100);
  assert.equal(ask({ headers: SOON }).deadlineAt, 400);
  assert.equal(ask({ client: { tenant: "a", sloHeader: true }, headers: SOON }).deadlineAt, 400);
});

test("a tenant that may not say it is not listened to, nor is anybody where the deployment does not ask", () => {
  assert.equal(ask({ client: { tenant: "a", sloHeader: false }, headers: SOON }).deadlineAt, 2100);
  assert.equal(ask({ headers: SOON, sloHeader: false }).deadlineAt, 2100);
  for (const value of ["", " ", "-1", "0", "abc", "NaN", "1e99"])
    assert.equal(ask({ headers: { "x-slo-ttft-ms": value } }).deadlineAt, 2100, value);
});

test("batch has no deadline unless it sends one", () => {
  const batch = { tenant: "a", priority: "batch" as const };
  assert.equal(ask({ client: batch }).deadlineAt, Number.POSITIVE_INFINITY);
  assert.equal(ask({ client: batch, headers: SOON }).deadlineAt, 400);
});
