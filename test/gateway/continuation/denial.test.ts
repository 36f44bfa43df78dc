// Whether a stream whose worker is lost goes on: each reason why not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CutLog } from "../../../src/gateway/continuation/cut-log.ts";
import { denialOf, type DenialQuestion } from "../../../src/gateway/continuation/denial.ts";
import { IdLog } from "../../../src/gateway/continuation/id-log.ts";

const settings = { mode: "approximate", maxPerRequest: 2, maxTokens: 100 } as const;
const plan = { route: "completion", exact: true, byText: false, hold: 0, lag: 0, ownIds: false, settings } as const;

function ids(...list: readonly number[]): IdLog {
  const log = new IdLog(100);
  for (const id of list) log.push(id);
  return log;
}

function cutWithTail(): CutLog {
  const cut = new CutLog(3);
  cut.add("abc", 6, true);
  assert.notEqual(cut.tail, "");
  return cut;
}

const stream = { lost: undefined, shown: true, cut: new CutLog(0), promptIds: ids(1, 2) };
const ASKED: DenialQuestion = { failure: "broken", stream, plan, legs: 0, others: 1, remainingMs: 1000 };
const drawn = { ...plan, exact: false };

const CASES: readonly (readonly [string, Partial<DenialQuestion>, string | undefined])[] = [
  ["another worker is there", {}, undefined],
  ["the last continuation that is allowed", { legs: 1 }, undefined],
  ["one more", { legs: 2 }, "limit"],
  ["the request's whole time is up", { failure: "total" }, "time"],
  ["it is up by now", { remainingMs: 0 }, "time"],
  ["its client reads nothing", { failure: "client_stall" }, "time"],
  ["a rollback takes it back", { failure: "recalled" }, "recalled"],
  ["a call has begun", { stream: { ...stream, lost: "tool_call" } }, "tool_call"],
  ["text, and no ids of its prompt", { stream: { ...stream, promptIds: ids() } }, "no_token_ids"],
  ["neither yet", { stream: { ...stream, shown: false, promptIds: ids() } }, undefined],
  ["drawn, and text behind the cut", { plan: drawn, stream: { ...stream, cut: cutWithTail() } }, "overlap"],
  ["greedy, and text behind the cut", { stream: { ...stream, cut: cutWithTail() } }, undefined],
  ["drawn, and the client has what was made", { plan: drawn }, undefined],
  ["nobody else is there", { others: 0 }, "no_other_worker"],
];

for (const [what, changed, denial] of CASES)
  test(`${what}: ${denial ?? "it goes on"}`, () => assert.equal(denialOf({ ...ASKED, ...changed }), denial));
