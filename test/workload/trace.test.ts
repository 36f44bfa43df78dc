// Traces: the formats are read, bad rows are named, and rows become prompts that share what the trace shares.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseTrace, type Trace, tracePlan } from "../../src/workload/index.ts";

const file = "t.jsonl";

test("Mooncake rows are read, sorted and moved to time 0", () => {
  const trace = parseTrace(
    '{"timestamp": 3000, "input_length": 600, "output_length": 0, "hash_ids": [0, 7]}\n{"timestamp": 1000, "input_length": 5, "output_length": 9, "hash_ids": [0]}\n',
    { file },
  );
  assert.equal(trace.format, "mooncake");
  assert.deepEqual(
    trace.rows.map((row) => [row.atMs, row.inputTokens, row.outputTokens, row.hashIds]),
    [
      [0, 5, 9, [0]],
      [2000, 600, 1, [0, 7]],
    ],
  );
});

test("Azure rows are read with parts of a second", () => {
  const text =
    "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:47.1805900,396,109\n";
  const { rows, format } = parseTrace(text, { file });
  assert.equal(format, "azure");
  assert.equal(Math.round(rows[1]?.atMs ?? 0), 500);
});

test("a session's later turns may have a pause instead of a time", () => {
  const turn = '"input_length": 5, "output_length": 9, "session_id": "a"';
  const text = `{"timestamp": 100, ${turn}}\n{"delay": 40, ${turn}}\n{"delay_ms": 2, ${turn}}\n{"delay": 2, "input_length": 5, "output_length": 9}\n`;
  const { rows, skipped } = parseTrace(text, { file });
  assert.deepEqual(
    rows.map(({ atMs, pauseMs }) => [atMs, pauseMs]),
    [
      [0, undefined],
      [40, 40],
      [42, 2],
    ],
  );
  assert.deepEqual(
    skipped.map(({ line }) => line),
    [4],
  );
});

test("bug: an Azure row cut off before its last number was an answer of one token", () => {
  const text =
    "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.68,374,44\r\n2023-11-16 18:15:47.18,396\r\n2023-11-16 18:15:48.18,396,\r\n2023-11-16 18:15:49.18,1e3,5\r\n";
  const { rows, skipped } = parseTrace(text, { file });
  assert.equal(rows.length, 1);
  assert.deepEqual(
    skipped.map(({ line, why }) => [line, why]),
    [
      [3, "GeneratedTokens: expected an integer ≥ 0, found nothing"],
      [4, "GeneratedTokens: expected an integer ≥ 0, found nothing"],
      [5, "ContextTokens: expected an integer ≥ 1, found 1e3"],
    ],
  );
});

test("bug: lengths that are no whole numbers were taken, which no engine ever came to the end of", () => {
  const text = [
    '{"timestamp": 0, "input_length": 10.5, "output_length": 9}',
    '{"timestamp": 0, "input_length": 10, "output_length": 2.5}',
    '{"timestamp": 0, "input_length": 10, "output_length": 2, "hash_ids": [1], "block_size": 1.5}',
    '{"timestamp": 0.5, "input_length": 10, "output_length": 2}',
  ].join("\n");
  const { rows, skipped } = parseTrace(text, { file });
  assert.equal(rows.length, 1);
  assert.deepEqual(
    skipped.map(({ why }) => why.split(":")[0]),
    ["input_length", "output_length", "block_size"],
  );
});

test("bug: sessions that are numbered were no sessions", () => {
  const turn = '"input_length": 5, "output_length": 9, "session_id": 7';
  const { rows } = parseTrace(`{"timestamp": 100, ${turn}}\n{"delay": 40, ${turn}}\n`, { file });
  assert.deepEqual(
    rows.map(({ atMs, session }) => [atMs, session]),
    [
      [0, "7"],
      [40, "7"],
    ],
  );
});

/** One line of Dynamo's request trace, as its documentation prints it. */
function dynamoLine(receivedMs: number, hashes: readonly string[], session?: string): string {
  const context = session === undefined ? "" : `"agent_context":{"session_id":"${session}"},`;
  return (
    `{"schema":"dynamo.request.trace.v1","event_type":"request_end","event_time_unix_ms":${receivedMs + 1000},${context}` +
    `"request":{"request_id":"r${receivedMs}","request_received_ms":${receivedMs},"output_tokens":16,` +
    `"replay":{"trace_block_size":64,"input_length":${64 * hashes.length},"input_sequence_hashes":[${hashes.join(",")}]}}}`
  );
}

test("Dynamo's request trace is read: hashes of 64 bits are told apart, tool events are no requests", () => {
  const text = [
    dynamoLine(1_777_312_800_000, ["14879255164371896291", "274632075616497421"], "s"),
    '{"schema":"dynamo.request.trace.v1","event_type":"tool_end","event_time_unix_ms":1,"tool":{}}',
    dynamoLine(1_777_312_801_500, ["14879255164371896291", "274632075616497422"], "s"),
    `{"timestamp":5,"event":${dynamoLine(1_777_312_802_000, ["7"])}}`,
    '{"schema":"dynamo.request.trace.v1","event_type":"request_end","request":{}}',
  ].join("\n");
  const { format, blockTokens, rows, skipped } = parseTrace(text, { file });
  assert.deepEqual([format, blockTokens], ["dynamo", 64]);
  assert.deepEqual(
    rows.map(({ atMs, inputTokens, hashIds, session, pauseMs }) => [atMs, inputTokens, hashIds, session, pauseMs]),
    [
      [0, 128, [0, 1], "s", undefined],
      [1500, 128, [0, 2], "s", 500],
      [2000, 64, [3], undefined, undefined],
    ],
  );
  assert.deepEqual(
    skipped.map(({ line, why }) => [line, why.split(":")[0]]),
    [[5, "request_received_ms"]],
  );
  assert.throws(() => parseTrace(text, { file, strict: true }), /t\.jsonl:5/);
});

test("a recording of the gateway brings its own block size", () => {
  const row = { timestamp: 1_777_000_000_000, input_length: 40, output_length: 3, hash_ids: [0, 1], block_size: 16 };
  const { format, blockTokens } = parseTrace(JSON.stringify({ ...row, model: "m", outcome: "ok" }), { file });
  assert.deepEqual([format, blockTokens], ["recording", 16]);
});

test("a bad row is named by line and counted; strict fails at it", () => {
  const text =
    '{"timestamp": 0, "input_length": 5, "output_length": 9}\nnonsense\n{"timestamp": 0, "input_length": -5, "output_length": 9}\n';
  const { rows, skipped } = parseTrace(text, { file });
  assert.equal(rows.length, 1);
  assert.deepEqual(
    skipped.map((one) => one.line),
    [2, 3],
  );
  assert.match(skipped[1]?.why ?? "", /input_length: expected an integer ≥ 1, found -5/);
  assert.throws(() => parseTrace(text, { file, strict: true }), /t\.jsonl:2/);
});

test("whatever a file holds, reading it gives rows or one clear error", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), (text) => {
      try {
        assert.ok(parseTrace(text, { file }).rows.length > 0);
      } catch (error) {
        assert.equal(error instanceof Error && "code" in error && error.code, "SWG_TRACE_INVALID");
      }
    }),
  );
});

test("whatever a line of Dynamo's trace has in place of a number, it is a row or named", () => {
  const good = dynamoLine(1_777_312_800_000, ["1", "2"], "s");
  const fields = ["1777312800000", "16", "64", "128", "1,2", '"s"'];
  fc.assert(
    fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
      const text = `${good}\n${good.replace(`:${field}`, `:${JSON.stringify(value)}`)}`;
      const { rows, skipped } = parseTrace(text, { file });
      assert.equal(rows.length + skipped.length, 2);
      for (const { inputTokens, outputTokens, atMs } of rows)
        assert.ok([inputTokens, outputTokens].every((one) => one >= 1) && Number.isFinite(atMs));
    }),
  );
});

test("equal hash ids become equal tokens, and nothing else is shared", () => {
  const row = { atMs: 0, inputTokens: 700, outputTokens: 4, session: undefined };
  const trace: Trace = {
    format: "mooncake",
    blockTokens: 512,
    skipped: [],
    rows: [
      { ...row, hashIds: [1, 2] },
      { ...row, hashIds: [1, 3], atMs: 1000 },
      { ...row, hashIds: undefined, atMs: 2000 },
    ],
  };
  const plan = [...tracePlan(trace, { model: "m", speed: 2, vocabulary: 32_000, maxInputTokens: 600 })];
  assert.deepEqual(
    plan.map((one) => one.plannedAt),
    [0, 500, 1000],
  );
  const [a, b, c] = plan.map((one) => (JSON.parse(one.body.toString()) as { prompt: number[] }).prompt);
  assert.ok(a && b && c);
  assert.equal(a.length, 600);
  assert.deepEqual(a.slice(0, 512), b.slice(0, 512));
  assert.notDeepEqual(a.slice(512), b.slice(512));
  assert.notDeepEqual(a.slice(0, 64), c.slice(0, 64));
});
