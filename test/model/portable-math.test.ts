// The portable functions agree with the platform's to 1e-12 and are exact where exactness matters.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import * as fc from "fast-check";
import { exp, ln, log2, power, qNorm } from "../../src/model/index.ts";

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 1e-12 * Math.max(Math.abs(expected), 1e-12), `${actual} is not ${expected}`);
}

const exponent = fc.double({ min: -700, max: 700, noNaN: true });
const positive = fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true });

test("exp, ln and power agree with Math", () => {
  fc.assert(fc.property(exponent, (x) => near(exp(x), Math.exp(x))));
  fc.assert(fc.property(positive, (x) => near(ln(x), Math.log(x))));
  fc.assert(
    fc.property(
      fc.double({ min: 1e-30, max: 1e30, noNaN: true }),
      fc.double({ min: -8, max: 8, noNaN: true }),
      (x, y) => near(power(x, y), x ** y),
    ),
  );
});

test("the edges are those of Math", () => {
  assert.deepEqual([ln(0), ln(Infinity), ln(1)], [-Infinity, Infinity, 0]);
  assert.ok(Number.isNaN(ln(-1)) && Number.isNaN(ln(Number.NaN)) && Number.isNaN(exp(Number.NaN)));
  assert.deepEqual([exp(0), exp(-Infinity), exp(Infinity), exp(710)], [1, 0, Infinity, Infinity]);
  assert.deepEqual([power(0, 2), power(0, 0), power(0, -1), power(5, 0)], [0, 1, Infinity, 1]);
});

test("log2 is exact for powers of two", () => {
  for (let k = 0, x = 1; k < 60; k++, x *= 2) assert.equal(log2(x), k);
  near(log2(6), Math.log2(6));
});

test("the q-norm is a smooth maximum", () => {
  assert.equal(qNorm(0, 0, 2.08), 0);
  assert.equal(qNorm(3, 0, 2.08), 3);
  near(qNorm(3, 4, 2), 5);
  near(qNorm(4, 3, 2.08), (4 ** 2.08 + 3 ** 2.08) ** (1 / 2.08));
});

/** Little-endian bytes of the results. */
const BITS = ["f0fab0ed38ec0b40", "1655b5bbb16b0240", "26e7095c611f0840", "8cf7922c0040fa3f"];

test("fixed inputs give fixed bits, so that a change of formula is seen", () => {
  const bits = [exp(1.25), ln(10), power(1.7, 2.08), qNorm(1.5, 0.7, 2.08)].map((x) =>
    Buffer.from(Float64Array.of(x).buffer).toString("hex"),
  );
  assert.deepEqual(bits, BITS);
});

test("the model and the engine's core use no function that the platform defines", () => {
  const folders = ["src/model", "src/engine/core"].map((folder) => new URL(`../../${folder}/`, import.meta.url));
  const sources = folders.flatMap((folder) => readdirSync(folder).map((name) => new URL(name, folder)));
  const text = sources.map((url) => readFileSync(url, "utf8").replaceAll(/\/\/.*|\/\*[^]*?\*\//g, "")).join("\n");
  assert.ok(sources.length > 15);
  // What ECMAScript defines to the bit; everything else of Math is an approximation.
  const used = [...text.matchAll(/Math\.(\w+)|\*\*/g)].map(([all, name]) => name ?? all);
  const exact = ["abs", "ceil", "floor", "imul", "max", "min", "round", "sqrt", "LN2", "SQRT2"];
  assert.deepEqual(
    [...new Set(used)].filter((name) => !exact.includes(name)),
    [],
  );
});
