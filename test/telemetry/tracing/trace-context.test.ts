// W3C trace context and the sampling decision.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { seededRandom } from "../../../src/core/index.ts";
import { formatTraceparent, traceSource } from "../../../src/telemetry/index.ts";
import { parseTraceparent } from "../../../src/telemetry/tracing/trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const hex = (digits: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((text) => !/^0+$/.test(text));

function source(sampleRatio: number, parentBased = true) {
  const random = seededRandom("trace");
  const newId = () => Array.from({ length: 32 }, () => random.int(16).toString(16)).join("");
  return traceSource({ sampleRatio, parentBased }, newId, random);
}

test("what is written is read back", () => {
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, sampled) => {
      assert.deepEqual(parseTraceparent(formatTraceparent({ traceId, spanId, sampled })), { traceId, spanId, sampled });
    }),
  );
});

test("invalid headers are no parent; later versions and unknown flags are", () => {
  const invalid = [
    "",
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
  ];
  for (const header of invalid) assert.equal(parseTraceparent(header), undefined, header);
  assert.equal(parseTraceparent(`cc-${TRACE}-${SPAN}-01-more`)?.sampled, true);
  assert.equal(parseTraceparent(`00-${TRACE}-${SPAN}-02`)?.sampled, false);
});

test("any header gives valid ids", () => {
  const traces = source(0.5);
  fc.assert(
    fc.property(fc.option(fc.string(), { nil: undefined }), fc.string(), (header, requestId) => {
      const { traceId, spanId } = traces.begin(header, requestId);
      assert.ok(parseTraceparent(formatTraceparent({ traceId, spanId, sampled: true })));
    }),
  );
});

test("ratio 0 keeps none, 1 all, 0.25 a quarter", () => {
  const kept = (ratio: number) => {
    const traces = source(ratio);
    return Array.from({ length: 4000 }, () => traces.begin(undefined, "x")).filter((one) => one.sampled).length;
  };
  assert.equal(kept(0), 0);
  assert.equal(kept(1), 4000);
  // 1000 ± 5 standard deviations of 27.4.
  assert.ok(Math.abs(kept(0.25) - 1000) < 137);
});

test("a client's flag decides either way, unless the ratio alone is to decide", () => {
  const header = (flag: string) => `00-${TRACE}-${SPAN}-${flag}`;
  assert.equal(source(0).begin(header("01"), "x").sampled, true);
  assert.equal(source(1).begin(header("00"), "x").sampled, false);
  assert.equal(source(0, false).begin(header("01"), "x").sampled, false);
  assert.equal(source(1, false).begin(header("00"), "x").sampled, true);
  assert.equal(source(0, false).begin(header("01"), "x").traceId, TRACE, "the trace goes on all the same");
});

test("without a parent the request id is the trace id when it can be one", () => {
  assert.equal(source(1).begin(undefined, TRACE).traceId, TRACE);
  assert.notEqual(source(1).begin(undefined, "0".repeat(32)).traceId, "0".repeat(32));
});
