// Files that are meant to hurt, or are no deployments at all: a diagnostic, quickly, never a crash.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readDeployments } from "../../src/config/index.ts";
import { deploymentText, diagnosticsOf } from "./deployment-text.ts";

test("an alias bomb is stopped where it expands", () => {
  const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(", ")}]`);
  const [one] = diagnosticsOf(`a0: &a0 x\n${levels.join("\n")}\n`);
  assert.equal(one?.code, "too-many-aliases");
});

test("an alias that holds itself is stopped", () => {
  assert.ok(diagnosticsOf("a: &a [*a]\n").some((one) => one.code === "too-deep" || one.code === "yaml-syntax"));
});

test("deep nesting is stopped, with brackets and with indentation", () => {
  const deep = ["[".repeat(50_000), `${"[".repeat(500)}${"]".repeat(500)}`, "- ".repeat(2000)];
  for (const text of deep) {
    const codes = diagnosticsOf(text).map((one) => one.code);
    assert.ok(codes.includes("too-deep") || codes.includes("yaml-syntax"), `${text.slice(0, 5)}: ${codes.join()}`);
  }
});

test("thousands of keys, equal or not, are judged in time", () => {
  const many = Array.from({ length: 4000 }, (_, i) => `k${i}: 1`).join("\n");
  for (const text of [many, "same: 1\n".repeat(4000)]) {
    const all = diagnosticsOf(text);
    assert.equal(all.length, 1000);
    assert.match(all.at(-1)?.message ?? "", /^\d+ more faults are not shown$/);
  }
});

test("more faults than the stack has room for are cut short", () => {
  for (const text of ['"'.repeat(200_000), ": ".repeat(100_000), "- !x x\n".repeat(30_000)]) {
    assert.ok(diagnosticsOf(text).length <= 1000);
  }
});

test("keys such as __proto__ and constructor are unknown fields like any other", () => {
  const text = `${deploymentText()}__proto__: {polluted: 1}\nconstructor: x\ntoString: y\n`;
  assert.deepEqual(
    diagnosticsOf(text).map(({ code, path }) => [code, path]),
    [
      ["unknown-field", "__proto__"],
      ["unknown-field", "constructor"],
      ["unknown-field", "toString"],
    ],
  );
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

const FILES: readonly (readonly [string, Uint8Array, string])[] = [
  ["too long", new Uint8Array(2_000_000).fill(0x61), "too-large"],
  ["binary", Uint8Array.from([0x61, 0x0a, 0x7f, 0x45, 0x4c, 0x46, 0, 1]), "not-text"],
  ["Latin-1", Uint8Array.from([0x61, 0x3a, 0x20, 0xe9, 0x0a]), "not-text"],
  ["UTF-16", Uint8Array.from([0xff, 0xfe, 0x61, 0, 0x3a, 0]), "not-text"],
  ["empty", new Uint8Array(), "empty"],
];

for (const [name, bytes, code] of FILES) {
  test(`a file that is ${name}: ${code}`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), "swg-hostile-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "x.yaml");
    writeFileSync(file, bytes);
    const { diagnostics, deployments } = readDeployments([file]);
    assert.equal(deployments.length, 0);
    assert.deepEqual(
      diagnostics.map((one) => one.code),
      [code],
    );
  });
}

test("the place of the first bad byte is told", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "swg-hostile-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "x.yaml");
  writeFileSync(file, Uint8Array.from([0x61, 0x0a, 0x62, 0x62, 0xe9, 0x0a]));
  const [one] = readDeployments([file]).diagnostics;
  assert.deepEqual([one?.line, one?.column], [2, 3]);
});

test("a device that never ends is read no further than the limit", { skip: process.platform !== "linux" }, () => {
  assert.deepEqual(
    readDeployments(["/dev/zero"]).diagnostics.map((one) => one.code),
    ["too-large"],
  );
});

test("a byte order mark and CRLF line ends are fine", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "swg-hostile-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "x.yaml");
  writeFileSync(file, `\ufeff${deploymentText().replaceAll("\n", "\r\n")}`);
  assert.deepEqual(readDeployments([file]).diagnostics, []);
});
