// The recorder: equal blocks have equal numbers and nothing else is told; the file is bounded and fails alone.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { rotatingFile, trafficRecorder } from "../../../src/gateway/index.ts";
import { blockIds } from "../../../src/gateway/recording/block-ids.ts";
import { newRecord, type RequestRecord } from "../../../src/gateway/record.ts";
import { createLog } from "../../../src/telemetry/index.ts";
import { hashBlocks } from "../../../src/tokens/index.ts";
import { parseTrace } from "../../../src/workload/index.ts";

const folder = mkdtempSync(join(tmpdir(), "switchgear-recording-"));
after(() => rmSync(folder, { recursive: true }));
const log = createLog({ level: "silent" });

const SEED = { model: "m", lora: undefined, salt: undefined };

function hashes(tokens: readonly number[]) {
  return hashBlocks(tokens, 4, SEED);
}

function served(arrivedEpoch: number): RequestRecord {
  const record = newRecord({ id: "secret-id", route: "/v1/chat/completions", arrivedAt: 0, arrivedEpoch });
  record.legs.push({} as RequestRecord["legs"][number]);
  record.clientRequestId = "secret-client";
  record.promptTokens = 9;
  record.usage = { promptTokens: 9, completionTokens: 3, cachedTokens: 4 } as RequestRecord["usage"];
  return record;
}

test("lines are a trace that simulate reads; equal prefixes have equal ids; no text, key or name of a request", () => {
  const lines: string[] = [];
  const recorder = trafficRecorder({ write: (line) => void lines.push(line) });
  for (const [i, tokens] of [
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 0, 0, 0, 9],
  ].entries()) {
    const record = served(1000 + i);
    recorder.identified(record, { promptTokens: 9, exact: true, hashes: hashes(tokens) });
    recorder.ended(record, "ok");
  }
  recorder.ended(served(1002), "rejected");
  assert.equal(lines.length, 2);
  const { rows, blockTokens } = parseTrace(lines.join(""), { file: "r" });
  assert.equal(blockTokens, 4);
  assert.deepEqual(
    rows.map(({ hashIds }) => hashIds),
    [
      [0, 1],
      [0, 2],
    ],
  );
  assert.deepEqual([rows[1]?.atMs, rows[1]?.inputTokens, rows[1]?.outputTokens], [1, 9, 3]);
  assert.ok(!/secret/.test(lines.join("")));
});

test("the memory of blocks is bounded: what was not seen for two generations is new", () => {
  const ids = blockIds(3);
  const [first] = ids.of(hashes([1, 1, 1, 1]));
  for (let i = 0; i < 2; i++) ids.of(hashes([2 + i, 1, 1, 1]));
  assert.deepEqual(ids.of(hashes([1, 1, 1, 1])), [first], "still in the old generation");
  for (let i = 0; i < 20; i++) ids.of(hashes([50 + i, 1, 1, 1]));
  assert.notDeepEqual(ids.of(hashes([1, 1, 1, 1])), [first]);
});

test("a file rotates at its limit and keeps one older; what waits is written at the close", async () => {
  const path = join(folder, "rotating.jsonl");
  const file = await rotatingFile({ path, log, maxBytes: 100 });
  for (let i = 0; i < 30; i++) {
    file.write(`${"x".repeat(29)}\n`);
    if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await file.close();
  assert.ok(existsSync(`${path}.1`));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.match(readFileSync(path, "utf8"), /^(x{29}\n)+$/);
  assert.equal(file.dropped, 0);
});

test("more than may wait is dropped and counted", async () => {
  const path = join(folder, "bounded.jsonl");
  const file = await rotatingFile({ path, log, maxWaiting: 50 });
  for (let i = 0; i < 10; i++) file.write(`${"y".repeat(19)}\n`);
  await file.close();
  assert.equal(file.dropped, 8);
  assert.equal(readFileSync(path, "utf8").length, 40);
});

test("a disk that fails stops the recording and nothing else", { skip: !existsSync("/dev/full") }, async () => {
  const full = await rotatingFile({ path: "/dev/full", log });
  full.write("lost\n");
  await new Promise((resolve) => setTimeout(resolve, 20));
  full.write("dropped\n");
  await full.close();
  assert.equal(full.dropped, 1);
});
