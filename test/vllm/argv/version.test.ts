// Versions are compared by numbers, and defaults follow them.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  defaultGpuMemoryUtilization,
  defaultPrefixCaching,
  isBefore,
  parseVersion,
  type VllmVersion,
} from "../../../src/vllm/index.ts";

function version(text: string): VllmVersion {
  const parsed = parseVersion(text);
  assert.ok(parsed, text);
  return parsed;
}

test("spellings of a version", () => {
  for (const text of ["0.11", "v0.11.0", "0.11.0.post1", "0.11.0rc2", "v0.11.0-cu128"])
    assert.equal(version(text).text, "0.11.0");
  for (const text of ["latest", "nightly", "", "11", "v1"]) assert.equal(parseVersion(text), undefined);
});

test("0.9 is before 0.10", () => {
  assert.equal(isBefore(version("0.9.2"), "0.10.0"), true);
  assert.equal(isBefore(version("0.10.0"), "0.10.0"), false);
  assert.equal(isBefore(version("1.0.0"), "0.11.0"), false);
});

test("defaults by release", () => {
  assert.deepEqual(
    [defaultGpuMemoryUtilization(version("0.19.1")), defaultGpuMemoryUtilization(version("0.20"))],
    [0.9, 0.92],
  );
  const caching = (text: string, useV1?: string) => defaultPrefixCaching(version(text), useV1);
  assert.deepEqual(
    [caching("0.6.6"), caching("0.8.0"), caching("0.10.2", "0"), caching("0.11.0", "0")],
    [false, true, false, true],
  );
});
