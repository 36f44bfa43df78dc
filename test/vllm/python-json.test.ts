// The faults are those that Python's json module reports; the cases were taken from Python 3.11.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { pythonJsonFault } from "../../src/vllm/index.ts";

const cases: [string, number, string][] = [
  ['{"model": "tiny", ', 18, "Expecting property name enclosed in double quotes"],
  ["", 0, "Expecting value"],
  ["{", 1, "Expecting property name enclosed in double quotes"],
  ['{"a":1,}', 7, "Expecting property name enclosed in double quotes"],
  ['{"a" 1}', 5, "Expecting ':' delimiter"],
  ['{"a":}', 5, "Expecting value"],
  ["[1,]", 3, "Expecting value"],
  ["[1 2]", 3, "Expecting ',' delimiter"],
  ['{"a":1 "b":2}', 7, "Expecting ',' delimiter"],
  ["nul", 0, "Expecting value"],
  ['{"a":"x', 5, "Unterminated string starting at"],
  ['"\\q"', 1, "Invalid \\escape"],
  ['"\\u12g4"', 2, "Invalid \\uXXXX escape"],
  ['"a\nb"', 2, "Invalid control character at"],
  ["1 2", 2, "Extra data"],
  ["{} x", 3, "Extra data"],
  ["01", 1, "Extra data"],
  ["-", 0, "Expecting value"],
  ["1.", 1, "Extra data"],
  ["é{", 0, "Expecting value"],
  ['["😀" 1]', 5, "Expecting ',' delimiter"],
  ["{a:1}", 1, "Expecting property name enclosed in double quotes"],
  ["{'a':1}", 1, "Expecting property name enclosed in double quotes"],
  ["[", 1, "Expecting value"],
  ['{"a":1', 6, "Expecting ',' delimiter"],
  ['"\\', 0, "Unterminated string starting at"],
  ["[1,", 3, "Expecting value"],
  ["+1", 0, "Expecting value"],
  [".5", 0, "Expecting value"],
  ['"\\u12', 2, "Invalid \\uXXXX escape"],
  ['{"a":tru}', 5, "Expecting value"],
  ["1e", 1, "Extra data"],
  ['"\\ud83d\\ude0" ', 8, "Invalid \\uXXXX escape"],
];

for (const [text, position, reason] of cases) {
  test(`${JSON.stringify(text)}: ${reason} ${position}`, () =>
    assert.deepEqual(pythonJsonFault(text), { position, reason }));
}

test("what JSON.parse takes is no fault, what it refuses is one, but for NaN and Infinity", () => {
  const soup = fc.array(
    fc.constantFrom("{", "}", "[", "]", '"', ",", ":", "1", "-", "0", ".5", "e1", "null", " ", "\\", "u0041", '"a":'),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        soup.map((parts) => parts.join("")),
        fc.string(),
      ),
      (text) => {
        let fine = true;
        try {
          JSON.parse(text);
        } catch {
          fine = false;
        }
        assert.equal(pythonJsonFault(text) === undefined, fine);
      },
    ),
    { numRuns: 3000 },
  );
  assert.equal(pythonJsonFault("[NaN, -Infinity, Infinity]"), undefined);
});

test("a hundred thousand levels are no matter", () => {
  assert.equal(pythonJsonFault("[".repeat(100_000) + "]".repeat(100_000)), undefined);
  assert.equal(pythonJsonFault("[".repeat(100_000))?.reason, "Expecting value");
});
