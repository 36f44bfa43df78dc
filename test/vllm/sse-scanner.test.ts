// Any chunking of a stream gives the same events, no byte is lost, and memory is bounded.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { SSE_DONE, sseEvent, sseScanner } from "../../src/vllm/index.ts";

interface Scan {
  readonly data: string[];
  readonly raw: Buffer;
  readonly atBoundary: boolean;
}

function scan(chunks: readonly Uint8Array[]): Scan {
  const scanner = sseScanner();
  const data: string[] = [];
  const raws: Buffer[] = [];
  for (const chunk of chunks) {
    scanner.push(chunk, (raw, value) => {
      raws.push(raw);
      if (value.length > 0) data.push(value.toString());
    });
  }
  return { data, raw: Buffer.concat([...raws, scanner.rest()]), atBoundary: scanner.atBoundary };
}

const events = (text: string): string[] => scan([Buffer.from(text)]).data;

test("line feeds, carriage returns and both end lines", () => {
  assert.deepEqual(events("data: a\n\ndata: b\r\n\r\ndata: c\r\r"), ["a", "b", "c"]);
});

test("comments and other fields are passed over, data lines are joined", () => {
  assert.deepEqual(events(": ping\n\nevent: x\nid: 7\ndata: a\ndata:b\ndata\ndata:  c\n\n"), ["a\nb\n\n c"]);
  assert.deepEqual(events("database: no\n\n"), []);
});

test("a byte order mark is no part of the first line", () => {
  assert.deepEqual(events("\ufeffdata: a\n\n"), ["a"]);
  const bytes = [...Buffer.from("\ufeffdata: a\n\n")].map((byte) => Buffer.from([byte]));
  assert.deepEqual(scan(bytes).data, ["a"]);
});

test("a stream that stops inside an event is not at a boundary", () => {
  assert.equal(scan([Buffer.from("data: a\n\n")]).atBoundary, true);
  assert.equal(scan([Buffer.from("data: a\n\ndata: [DO")]).atBoundary, false);
  assert.equal(scan([Buffer.from("data: a\n")]).atBoundary, false);
  assert.equal(scan([]).atBoundary, true);
});

test("a chunk that is one event is reported without a copy", () => {
  const chunk = Buffer.from('data: {"a":1}\n\n');
  let seen: Buffer | undefined;
  sseScanner().push(chunk, (raw) => {
    seen = raw;
  });
  assert.equal(seen?.buffer, chunk.buffer);
  assert.equal(seen?.byteOffset, chunk.byteOffset);
});

test("an event above the limit is an error, whether it ends or not", () => {
  const tooLong = { code: "SWG_SSE_EVENT_TOO_LONG" };
  assert.throws(
    () => sseScanner({ maxEventBytes: 10 }).push(Buffer.from("data: 0123456789\n\n"), () => undefined),
    tooLong,
  );
  const scanner = sseScanner({ maxEventBytes: 100 });
  assert.throws(() => {
    for (let i = 0; i < 200; i++) scanner.push(Buffer.from("x"), () => undefined);
  }, tooLong);
});

test("what was reported stays as it was when more arrives", () => {
  const scanner = sseScanner();
  const kept: Buffer[] = [];
  const text = Array.from({ length: 50 }, (_, i) => `data: ${"v".repeat(i)}${i}\n\n`).join("");
  for (let at = 0; at < text.length; at += 7) {
    scanner.push(Buffer.from(text.slice(at, at + 7)), (_, data) => kept.push(data));
  }
  assert.deepEqual(
    kept.map(String),
    Array.from({ length: 50 }, (_, i) => `${"v".repeat(i)}${i}`),
  );
});

const line = fc.oneof(
  fc.constantFrom("data: ", "data:", "data", ": c", "event: é", "", "datax: 1", " data: 1"),
  fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => `data: ${text.replace(/[\r\n]/g, "")}`),
);
const stream = fc
  .tuple(fc.boolean(), fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\r")), { maxLength: 30 }), line)
  .map(([mark, lines, tail]) => (mark ? "\ufeff" : "") + lines.map(([text, end]) => text + end).join("") + tail);

test("any chunking gives the same events and every byte exactly once", () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat({ max: 400 }), { maxLength: 12 }), (text, cuts) => {
      const bytes = Buffer.from(text);
      const at = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort((a, b) => a - b);
      const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
      const whole = scan([bytes]);
      const cut = scan(chunks);
      const single = scan([...bytes].map((byte) => Uint8Array.of(byte)));
      assert.deepEqual(whole.raw, bytes);
      assert.deepEqual(cut.raw, bytes);
      assert.deepEqual(single.raw, bytes);
      assert.deepEqual(cut.data, whole.data);
      assert.deepEqual(single.data, whole.data);
    }),
    { numRuns: 500 },
  );
});

test("any bytes are taken", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 }), (chunks) => {
      assert.deepEqual(scan(chunks).raw, Buffer.concat(chunks));
    }),
  );
});

test("what is written is read back", () => {
  assert.equal(sseEvent("[DONE]"), SSE_DONE);
  assert.equal(sseEvent("a\nb"), "data: a\ndata: b\n\n");
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      const normal = text.replace(/\r\n|\r/g, "\n");
      if (normal !== "") assert.deepEqual(events(sseEvent(text)), [normal]);
    }),
  );
});
