// The last words of a command: a clear error of ours, or a defect that says it is one.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

function failing(thrown: string): { status: number | null; err: string } {
  const text = `
    import { SwitchgearError } from "./src/core/index.ts";
    import { reportFailure } from "./src/cli/report-failure.ts";
    process.exitCode = reportFailure(${thrown});`;
  const argv = ["--input-type=module", "--eval", text];
  const { status, stderr } = spawnSync(process.execPath, argv, {
    cwd: `${import.meta.dirname}/../..`,
    encoding: "utf8",
  });
  return { status, err: stderr };
}

test("a defect is named as one, with its stack, and what is no defect has none", () => {
  const defect = failing('new TypeError("x is not a function")');
  assert.equal(defect.status, 3);
  assert.match(
    defect.err,
    /^switchgear: TypeError: x is not a function\n {4}at [^]*please report it .*\[SWG_INTERNAL\]\n$/,
  );
  const usage = failing('new SwitchgearError("SWG_USAGE", "no such thing", { value: 7, expected: "8" })');
  assert.equal(usage.status, 2);
  assert.equal(usage.err, "switchgear: no such thing [SWG_USAGE]\n  found: 7\n  expected: 8\n");
});
